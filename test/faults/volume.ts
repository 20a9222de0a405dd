import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a command that needs root; its complaints go into the error. */
function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe' });
}

/** Whether mounting is possible here: as root, on Linux, with the capability for it. */
export function canMount(): boolean {
  try {
    const volume = Volume.inMemory('1m');
    volume.remove();
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

  /** An ext4 file system in an image: what was not synced is not in the image. */
  static ofImage(image: string): Volume {
    const volume = new Volume();
    run('mount', '-o', 'loop', image, volume.directory);
    return volume;
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
