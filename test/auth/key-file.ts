import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releaseAtEnd } from '../harness/release.js';

type Entry = Record<string, unknown>;

/** A file of API keys, in a folder of its own that is removed at the end. The API key of an entry is its name. */
export class KeyFile {
  readonly path: string;

  constructor(...entries: readonly Entry[]) {
    const folder = mkdtempSync(join(tmpdir(), 'keys-'));
    releaseAtEnd(async () => rmSync(folder, { recursive: true }));
    this.path = join(folder, 'keys.json');
    this.write(...entries);
  }

  /** Replaces the entries. */
  write(...entries: readonly Entry[]): void {
    this.writeText(JSON.stringify({ keys: entries.map(withHash) }));
  }

  /** Replaces the file in one step, as Kubernetes does. */
  writeText(text: string): void {
    writeFileSync(`${this.path}.new`, text);
    renameSync(`${this.path}.new`, this.path);
  }
}

export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

export const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

function withHash(entry: Entry): Entry {
  return { sha256: hashOf(String(entry['name'])), ...entry };
}
