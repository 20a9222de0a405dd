import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a command that needs root; its complaints go into the error. */
function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe' });
}

/** Whether such a volume can be made here: as root, on Linux, with the capability to mount. */
export function isPossible(make: () => Volume): boolean {
  try {
    make().remove();
    return true;
  } catch {
    return false;
  }
}

/** A small file system of its own. */
export class Volume {
  readonly directory = mkdtempSync(join(tmpdir(), 'aggregator-volume-'));

  /** `size` as mount takes it: "4m". */
  static inMemory(size: string): Volume {
    const volume = new Volume();
    run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', volume.directory);
    return volume;
  }

  /** A new ext4 file system in an image, a file. */
  static onImage(image: string, bytes: number): Volume {
    writeFileSync(image, '');
    truncateSync(image, bytes);
    run('mkfs.ext4', '-q', '-F', image);
    const volume = new Volume();
    run('mount', '-o', 'loop', image, volume.directory);
    return volume;
  }

  /** The same folder shows another image from now on. */
  exchange(image: string): void {
    run('umount', this.directory);
    run('mount', '-o', 'loop', image, this.directory);
  }

  resize(size: string): void {
    run('mount', '-o', `remount,size=${size}`, this.directory);
  }

  /** Nothing may be using it any more. */
  remove(): void {
    run('umount', this.directory);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
