import type { Verification } from '../maintenance.js';

/** Work that blocks its process, because the calls of SQLite cannot be interrupted. */
export type Task =
  | { readonly name: 'copy'; readonly source: string; readonly target: string }
  | { readonly name: 'verify'; readonly path: string };

export interface TaskResults {
  /** The size of the copy is its progress. */
  copy: null;
  verify: Verification;
}

/** A message from the process of a task. */
export type TaskMessage =
  | { readonly progress: readonly [title: string, done?: number, total?: number] }
  | { readonly result: TaskResults[Task['name']] }
  | { readonly error: string };
