/** The purpose of a store thread. */
export type Role = 'writer' | 'reader' | 'checkpointer';

export interface ThreadData {
  readonly role: Role;
  /** Path of the database file. */
  readonly path: string;
}

export interface CallMessage {
  readonly id: number;
  readonly method: string;
  readonly args: unknown[];
}

export interface ResultMessage {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { message: string; code?: string | undefined };
}

/** The methods of `T` as called from another thread, where each returns a promise. */
export type Remote<T> = {
  [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};
