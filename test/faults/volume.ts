import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a command that needs root. Throws an error with its stderr if it fails. */
function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe' });
}

/** Returns whether a volume can be created, which requires root on Linux with the capability to mount. */
export function isPossible(create: () => Volume): boolean {
  try {
    create().remove();
    return true;
  } catch {
    return false;
  }
}

/** A small, separate file system. */
export class Volume {
  readonly directory = mkdtempSync(join(tmpdir(), 'aggregator-volume-'));

  /** Mounts a tmpfs. `size` has the syntax of mount, such as "4m". */
  static inMemory(size: string): Volume {
    const volume = new Volume();
    run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', volume.directory);
    return volume;
  }

  /** Creates an ext4 file system in an image file and mounts it. */
  static onImage(image: string, bytes: number): Volume {
    writeFileSync(image, '');
    truncateSync(image, bytes);
    run('mkfs.ext4', '-q', '-F', image);
    const volume = new Volume();
    run('mount', '-o', 'loop', image, volume.directory);
    return volume;
  }

  /** Mounts another image on the same folder. */
  exchange(image: string): void {
    run('umount', this.directory);
    run('mount', '-o', 'loop', image, this.directory);
  }

  resize(size: string): void {
    run('mount', '-o', `remount,size=${size}`, this.directory);
  }

  /** Unmounts and deletes the folder. Fails while a process uses it. */
  remove(): void {
    run('umount', this.directory);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
