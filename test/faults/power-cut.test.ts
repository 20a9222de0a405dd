import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { aDirectory } from '../harness/database.js';
import { until } from '../harness/until.js';
import { driverFaults } from './driver-faults.js';
import type { Finding } from './findings.js';
import { Trial } from './trial.js';
import { Volume, isPossible } from './volume.js';

const IMAGE_BYTES = 64 * 1024 * 1024;
const images = aDirectory();

/**
 * Runs the service on a file system in an image. Writes without fsync are in the page cache, not in the image. A
 * copy of the image therefore has the state after a power cut, and the service is restarted on that copy.
 */
async function findingsAfterPowerCut(environment = {}): Promise<Finding[]> {
  const volume = Volume.onImage(join(images, 'disk'), IMAGE_BYTES);
  const trial = new Trial({ directory: volume.directory, environment });
  try {
    const service = await trial.start();
    const load = trial.load();
    await until(() => load.acknowledged > 500, '500 events are acknowledged');
    await service.end('SIGKILL');
    copyFileSync(join(images, 'disk'), join(images, 'after'));
    await load.finished;
    volume.exchange(join(images, 'after'));
    const startError = await trial.start().then(
      () => null,
      (error: Error) => error.message,
    );
    return startError === null ? await trial.findings() : [{ kind: 'corrupt', detail: startError }];
  } finally {
    await trial.service.end('SIGKILL');
    volume.remove();
  }
}

const possible = isPossible(() => Volume.onImage(join(images, 'probe'), IMAGE_BYTES));
if (!possible) console.warn('SKIPPED: mount and mkfs.ext4 are not available. Run as root on Linux.');

(possible ? describe : describe.skip)('a power cut', () => {
  it('loses no acknowledged event', async () => {
    expect(await findingsAfterPowerCut()).toEqual([]);
  });

  it('loses acknowledged events if commits do not fsync', async () => {
    const withoutSync = driverFaults({ rewrite: [['synchronous = FULL', 'synchronous = OFF']] });
    const kinds = (await findingsAfterPowerCut(withoutSync)).map(({ kind }) => kind);
    expect(kinds.some((kind) => kind === 'lost' || kind === 'corrupt')).toBe(true);
  });
});
