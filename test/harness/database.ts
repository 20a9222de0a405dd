import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releaseAtEnd } from './release.js';

/** Returns a new, empty folder, removed at the end. */
export function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'aggregator-'));
  releaseAtEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Returns the path of a new database file in a folder of its own, removed at the end. */
export function aDatabase(): string {
  return join(aDirectory(), 'events.db');
}
