/** The purpose of a store thread. */
export type Role = 'writer' | 'reader' | 'scanner' | 'checkpointer';

export interface ThreadData {
  readonly role: Role;
  /** Path of the database file. */
  readonly path: string;
}

export interface CallMessage {
  readonly id: number;
  readonly method: string;
  readonly args: unknown[];
  /** Whether the method takes an AbortSignal as its last argument. `args` lacks it, because it cannot be cloned. */
  readonly cancellable: boolean;
}

/** Aborts the signal of a cancellable call. */
export interface CancelMessage {
  readonly cancel: number;
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
