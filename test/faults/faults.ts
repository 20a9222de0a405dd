import { appendFileSync, statSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../harness/until.js';
import { driverFaults, KILL_POINTS, type KillPoint } from './driver-faults.js';
import type { Load } from './load.js';
import type { Trial } from './trial.js';
import { endOfLastCommit } from './wal.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

/** A fault of a service under load. The process has ended when `strike` resolves. */
export interface Fault {
  /** Returns environment variables for the run that the fault ends. */
  readonly environment?: (random: () => number) => Record<string, string>;
  /** Whether the service shuts down gracefully: it stores all accepted events and no others. */
  readonly isGraceful?: boolean;
  strike(trial: Trial, load: Load, random: () => number): Promise<unknown>;
}

/** Waits for the first acknowledged event, then for a random time. */
async function atSomeTime(load: Load, random: () => number): Promise<void> {
  await until(() => load.acknowledged > 0, 'an event is acknowledged');
  await sleep(random() * 500);
}

async function kill({ service }: Trial, load: Load, random: () => number): Promise<void> {
  await atSomeTime(load, random);
  await service.end('SIGKILL');
}

/** Skips the first execution of a statement, which may belong to the migration of a new database. */
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

/** Faults, by name on the command line. */
export const FAULTS = {
  /** SIGKILL at a random time. */
  kill: { strike: kill },

  ...pointFaults,

  /** SIGKILL while a checkpoint copies the WAL into the database file. */
  'kill-checkpoint': {
    environment: () => driverFaults({ killInCheckpoint: true }),
    strike: ({ service }: Trial) => service.exited,
  },

  /** SIGTERM under load. */
  terminate: {
    isGraceful: true,
    async strike({ service }, load, random) {
      await atSomeTime(load, random);
      const code = await service.end('SIGTERM');
      if (code !== 0) throw new Error(`Ended with code ${code} after SIGTERM: ${service.log.at(-1)}`);
    },
  },

  /** SIGSTOP for up to two seconds, SIGCONT, and SIGKILL. */
  pause: {
    async strike(trial, load, random) {
      await atSomeTime(load, random);
      trial.service.process.kill('SIGSTOP');
      await sleep(random() * 2_000);
      trial.service.process.kill('SIGCONT');
      await kill(trial, load, random);
    },
  },

  /** A write lock of another connection for up to a second, then SIGKILL. */
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

  /** A power cut during a write, which leaves junk after the last commit in the WAL. */
  'torn-tail': {
    async strike(trial, load, random) {
      await kill(trial, load, random);
      const end = endOfLastCommit(trial.wal);
      truncateSync(trial.wal, end);
      appendFileSync(trial.wal, Buffer.from(Array.from({ length: 6_000 }, () => Math.floor(random() * 256))));
    },
  },

  /**
   * A power cut on a disk that reports fsync without writing, so that the last writes are lost. The service does not
   * guarantee durability on such a disk. The fault shows that the judge reports the loss.
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
