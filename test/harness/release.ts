type Release = () => Promise<unknown> | void;

const releases: Release[] = [];

/** Registers what gives back something that a test acquired: a process, a folder. */
export function releaseAtEnd(release: Release): void {
  releases.push(release);
}

/** Gives back everything that is registered, the newest first. Jest calls it after each test file (`setup.ts`). */
export async function releaseAll(): Promise<void> {
  for (let release = releases.pop(); release; release = releases.pop()) await release();
}
