import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from './findings.js';
import { endAll } from './instance.js';
import { patchedBuild, removePatchedBuilds } from './patched-build.js';
import { Trial } from './trial.js';
import { until } from '../harness/until.js';
import { Volume, isPossible } from './volume.js';

afterAll(endAll);
afterAll(removePatchedBuilds);

const IMAGE_BYTES = 64 * 1024 * 1024;
const images = mkdtempSync(join(tmpdir(), 'aggregator-images-'));
afterAll(() => rmSync(images, { recursive: true }));

/**
 * The database is on a file system in an image. What was written and not synced is in the memory of the system,
 * not in the image: a copy of the image has what a power cut leaves behind, and the service starts from that.
 */
async function findingsAfterPowerCut(main?: string): Promise<Finding[]> {
  const volume = Volume.onImage(join(images, 'disk'), IMAGE_BYTES);
  const trial = new Trial({ directory: volume.directory, main });
  try {
    const service = await trial.start();
    const load = trial.load();
    await until(() => load.acknowledged > 500, 'events are acknowledged');
    await service.end('SIGKILL');
    copyFileSync(join(images, 'disk'), join(images, 'after'));
    await load.finished;
    volume.exchange(join(images, 'after'));
    const refusal = await trial.start().then(
      () => null,
      (error: Error) => error.message,
    );
    return refusal === null ? await trial.findings() : [{ kind: 'corrupt', detail: refusal }];
  } finally {
    await trial.end();
    volume.remove();
  }
}

const possible = isPossible(() => Volume.onImage(join(images, 'probe'), IMAGE_BYTES));
if (!possible) console.warn('SKIPPED, for want of mount and mkfs.ext4: run as root on Linux.');

(possible ? describe : describe.skip)('a power cut', () => {
  it('loses nothing that was acknowledged', async () => {
    expect(await findingsAfterPowerCut()).toEqual([]);
  });

  it('would lose it, if the service did not sync', async () => {
    const edit = { file: 'ormconfig.js', find: `'synchronous = FULL'`, replace: `'synchronous = OFF'` };
    const kinds = (await findingsAfterPowerCut(patchedBuild([edit]))).map(({ kind }) => kind);
    expect(kinds.some((kind) => kind === 'lost' || kind === 'corrupt')).toBe(true);
  });
});
