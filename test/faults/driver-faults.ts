import { fileURLToPath } from 'node:url';

/** Faults that `driver.preload.ts` injects into the SQLite driver of a service. */
export interface DriverFaults {
  /** Kills the process before or after the n-th execution, in one thread, of a statement with this prefix. */
  readonly kill?: KillPoint & { readonly pass: number };
  /** Kills the process after a checkpoint has copied a part of the WAL into the database file. */
  readonly killInCheckpoint?: boolean;
  /** Adds pages to the size of the WAL that SQLite reports, as if checkpoints had failed for long. */
  readonly walPagesAdded?: number;
  /** Replaces parts of every statement. Each pair is a regular expression and its replacement. */
  readonly rewrite?: readonly (readonly [find: string, replace: string])[];
  /** Reports a commit as successful, and executes it after this delay. */
  readonly deferCommitsMs?: number;
  /** Blocks the thread before each commit, as a slow disk does, for the same time on any machine. */
  readonly delayCommitsMs?: number;
}

export interface KillPoint {
  readonly when: 'before' | 'after';
  readonly statement: string;
}

/** Points of a commit at which the process can be killed. */
export const KILL_POINTS = {
  'before-write': { when: 'before', statement: 'BEGIN IMMEDIATE' },
  'in-transaction': { when: 'before', statement: 'INSERT INTO processed_events' },
  'before-commit': { when: 'before', statement: 'COMMIT' },
  'after-commit': { when: 'after', statement: 'COMMIT' },
} as const satisfies Record<string, KillPoint>;

/** Returns the environment variables that give a service these faults, in each of its threads. */
export function driverFaults(faults: DriverFaults): Record<string, string> {
  const preload = new URL('./driver.preload.js', import.meta.url);
  return {
    NODE_OPTIONS: `--import ${JSON.stringify(fileURLToPath(preload))}`,
    DRIVER_FAULTS: JSON.stringify(faults),
    PATH: process.env['PATH'] ?? '',
  };
}
