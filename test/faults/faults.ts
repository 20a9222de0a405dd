import Sqlite from 'better-sqlite3';
import { appendFileSync, statSync, truncateSync } from 'node:fs';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { checkpointsOften, KILL_POINTS, type KillPoint, killedAt } from './kill-points.js';
import type { Load } from './load.js';
import type { Trial } from './trial.js';
import { until } from '../harness/until.js';
import { endOfLastCommit, isInCheckpoint } from './wal.js';

/** What happens to a service under load. When `strike` resolves, the process has ended. */
export interface Fault {
  /** The build for this life, where it is not the one under trial. */
  readonly main?: () => string;
  readonly environment?: (random: () => number) => Record<string, string>;
  /** Whether what was answered 202 must be stored all the same. */
  readonly keepsQueued?: boolean;
  strike(trial: Trial, load: Load, random: () => number): Promise<unknown>;
}

/** In the middle of the work, not before it began. */
async function atSomeTime(load: Load, random: () => number): Promise<void> {
  await until(() => load.acknowledged > 0, 'something is acknowledged');
  await sleep(random() * 500);
}

async function kill({ service }: Trial, load: Load, random: () => number): Promise<void> {
  await atSomeTime(load, random);
  await service.end('SIGKILL');
}

function killAt(point: KillPoint): Fault {
  return {
    main: () => killedAt(point),
    environment: (random) => ({ KILL_AT_PASS: String(1 + Math.floor(random() * 40)) }),
    strike: ({ service }) => service.exited,
  };
}

const pointFaults = Object.fromEntries(
  (Object.keys(KILL_POINTS) as KillPoint[]).map((point) => [`kill-${point}`, killAt(point)]),
) as Record<`kill-${KillPoint}`, Fault>;

/** By the name they have on the command line. */
export const FAULTS = {
  /** kill -9 at a random time. */
  kill: { strike: kill },

  ...pointFaults,

  /** kill -9 while the log is being copied into the database file. */
  'kill-checkpoint': {
    main: checkpointsOften,
    async strike({ service, shm }, load) {
      await until(() => load.acknowledged > 0, 'there is a log');
      // A log that was just recovered looks as if a checkpoint had begun.
      await until(() => !isInCheckpoint(shm), 'the log has been checkpointed once');
      const end = performance.now() + 10_000;
      while (!isInCheckpoint(shm)) {
        if (performance.now() > end) throw new Error('No checkpoint was seen within 10 s.');
        await turn();
      }
      await service.end('SIGKILL');
    },
  },

  /** SIGTERM: everything that was accepted is stored. */
  terminate: {
    keepsQueued: true,
    async strike({ service }, load, random) {
      await atSomeTime(load, random);
      const code = await service.end('SIGTERM');
      if (code !== 0) throw new Error(`Ended with code ${code} after SIGTERM: ${service.errors}`);
    },
  },

  /** The process stands still for up to two seconds, goes on, and is killed. */
  pause: {
    async strike(trial, load, random) {
      await atSomeTime(load, random);
      trial.service.signal('SIGSTOP');
      await sleep(random() * 2_000);
      trial.service.signal('SIGCONT');
      await kill(trial, load, random);
    },
  },

  /** Another process holds the database for up to a second; then the service is killed. */
  lock: {
    async strike(trial, load, random) {
      await atSomeTime(load, random);
      const other = new Sqlite(trial.database, { timeout: 2_000 });
      other.exec('BEGIN IMMEDIATE');
      await sleep(random() * 1_000);
      other.close();
      await kill(trial, load, random);
    },
  },

  /** A power cut in the middle of a write: behind the last commit there is half a frame, and junk. */
  'torn-tail': {
    async strike(trial, load, random) {
      await kill(trial, load, random);
      const end = endOfLastCommit(trial.wal);
      truncateSync(trial.wal, end);
      appendFileSync(trial.wal, Buffer.from(Array.from({ length: 6_000 }, () => Math.floor(random() * 256))));
    },
  },

  /**
   * A power cut on a disk that lies about having synced, or on a service that does not sync: what was written
   * last is gone. Not promised to be survived; it shows that the checker would see it.
   */
  'lying-disk': {
    async strike({ service, wal }, load) {
      await until(() => load.acknowledged > 0, 'something is acknowledged');
      const synced = statSync(wal).size;
      const { acknowledged } = load;
      await until(() => load.acknowledged > acknowledged, 'more is acknowledged');
      await service.end('SIGKILL');
      if (statSync(wal).size > synced) truncateSync(wal, synced);
    },
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
