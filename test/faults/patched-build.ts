import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

/** A change of the compiled text; `find` must be there exactly once. */
export interface Edit {
  /** Below dist, such as src/store/sqlite/writer.js. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const made: string[] = [];

/** Removes every copy. */
export function removePatchedBuilds(): void {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
}

/** A copy of the built service with some changes, so that the product needs no hooks. Returns its main.js. */
export function patchedBuild(edits: readonly Edit[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'aggregator-patched-'));
  made.push(directory);
  symlinkSync(join(PROJECT, 'node_modules'), join(directory, 'node_modules'));
  for (const part of ['package.json', 'dist/src', 'dist/ormconfig.js'])
    cpSync(join(PROJECT, part), join(directory, part), { recursive: true });
  for (const { file, find, replace } of edits) {
    const path = join(directory, 'dist', file);
    const text = readFileSync(path, 'utf8');
    const places = text.split(find).length - 1;
    if (places !== 1) throw new Error(`${file} holds ${JSON.stringify(find)} ${places} times, not once.`);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return join(directory, 'dist/src/main.js');
}
