import Sqlite from 'better-sqlite3';
import { appendFileSync, statSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../harness/until.js';
import { driverFaults, KILL_POINTS, type KillPoint } from './driver-faults.js';
import type { Load } from './load.js';
import type { Trial } from './trial.js';
import { endOfLastCommit } from './wal.js';

/** Something that happens to a service under load. When `strike` resolves, the process has ended. */
export interface Fault {
  /** The environment of the life that the fault ends. */
  readonly environment?: (random: () => number) => Record<string, string>;
  /** Whether the service ends in order: everything it accepted is stored, and nothing else. */
  readonly endsInOrder?: boolean;
  strike(trial: Trial, load: Load, random: () => number): Promise<unknown>;
}

/** Waits until the load is under way, then a random time. */
async function atSomeTime(load: Load, random: () => number): Promise<void> {
  await until(() => load.acknowledged > 0, 'an event is acknowledged');
  await sleep(random() * 500);
}

async function kill({ service }: Trial, load: Load, random: () => number): Promise<void> {
  await atSomeTime(load, random);
  await service.end('SIGKILL');
}

/** The first statement of its kind may belong to the migration of a new database. */
const FIRST_PASS = 2;
const PASSES = 40;

function killAt(point: KillPoint): Fault {
  return {
    environment: (random) =>
      driverFaults({ kill: { ...point, pass: FIRST_PASS + Math.floor(random() * PASSES) } }),
    strike: ({ service }) => service.exited,
  };
}

const pointFaults = Object.fromEntries(
  Object.entries(KILL_POINTS).map(([name, point]) => [`kill-${name}`, killAt(point)]),
) as Record<`kill-${keyof typeof KILL_POINTS}`, Fault>;

/** Faults by their name on the command line. */
export const FAULTS = {
  /** kill -9 at a random time. */
  kill: { strike: kill },

  ...pointFaults,

  /** kill -9 while a checkpoint copies the WAL into the database file. */
  'kill-checkpoint': {
    environment: () => driverFaults({ killInCheckpoint: true }),
    strike: ({ service }: Trial) => service.exited,
  },

  /** SIGTERM under load. */
  terminate: {
    endsInOrder: true,
    async strike({ service }, load, random) {
      await atSomeTime(load, random);
      const code = await service.end('SIGTERM');
      if (code !== 0) throw new Error(`Ended with code ${code} after SIGTERM: ${service.log.at(-1)}`);
    },
  },

  /** The process is stopped for up to two seconds, goes on, and is killed. */
  pause: {
    async strike(trial, load, random) {
      await atSomeTime(load, random);
      trial.service.process.kill('SIGSTOP');
      await sleep(random() * 2_000);
      trial.service.process.kill('SIGCONT');
      await kill(trial, load, random);
    },
  },

  /** Another process holds the database for up to a second; then the service is killed. */
  lock: {
    async strike(trial, load, random) {
      await atSomeTime(load, random);
      const other = new Sqlite(trial.database, { timeout: 60_000 });
      other.exec('BEGIN IMMEDIATE');
      await sleep(random() * 1_000);
      other.close();
      await kill(trial, load, random);
    },
  },

  /** A power cut in the middle of a write: behind the last commit the WAL holds junk. */
  'torn-tail': {
    async strike(trial, load, random) {
      await kill(trial, load, random);
      const end = endOfLastCommit(trial.wal);
      truncateSync(trial.wal, end);
      appendFileSync(trial.wal, Buffer.from(Array.from({ length: 6_000 }, () => Math.floor(random() * 256))));
    },
  },

  /**
   * A power cut on a disk that reports a sync it did not do: the last writes are gone. The service does not promise
   * to survive it; it shows that the judge notices.
   */
  'lying-disk': {
    async strike({ service, wal }, load) {
      await until(() => load.acknowledged > 0, 'an event is acknowledged');
      const synced = statSync(wal).size;
      const { acknowledged } = load;
      await until(() => load.acknowledged > acknowledged, 'more events are acknowledged');
      await service.end('SIGKILL');
      if (statSync(wal).size > synced) truncateSync(wal, synced);
    },
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
