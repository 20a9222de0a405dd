type Release = () => Promise<unknown> | void;

const releases: Release[] = [];

/** Registers a function that releases a resource of a test, such as a process or a folder. */
export function releaseAtEnd(release: Release): void {
  releases.push(release);
}

/** Releases all registered resources, the newest first. Jest calls it after each test file (`setup.ts`). */
export async function releaseAll(): Promise<void> {
  for (let release = releases.pop(); release; release = releases.pop()) await release();
}
