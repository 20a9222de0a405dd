import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DRAIN_TIMEOUT_SECONDS } from '../../src/shutdown.js';
import { readDocument } from '../harness/code-blocks.js';
import { aDirectory } from '../harness/database.js';

const UNIT = readDocument('deploy/systemd.service');
const isMissing = Boolean(spawnSync('systemd-analyze', ['--version']).error);
if (isMissing && process.env['CI']) throw new Error('systemd-analyze is not installed.');
if (isMissing) console.warn('NOT TESTED: deploy/systemd.service. systemd-analyze is not installed.');

describe('deploy/systemd.service', () => {
  (isMissing ? it.skip : it)('is valid', () => {
    const path = join(aDirectory(), 'aggregator.service');
    writeFileSync(path, UNIT.replace('/usr/bin/node', process.execPath));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });

  it('allows the time to drain before systemd kills the process', () => {
    const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(UNIT)!;
    expect(Number(seconds)).toBeGreaterThan(DRAIN_TIMEOUT_SECONDS);
  });
});
