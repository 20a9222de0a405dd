import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { execute } from '../../harness/postgres.js';
import type { ClusterTrial } from './cluster-trial.js';

/** A fault of a cluster under load. All parts run again when it resolves. */
export type ClusterFault = (trial: ClusterTrial, random: () => number) => Promise<unknown>;

/** Faults, by name on the command line. */
export const CLUSTER_FAULTS = {
  /** SIGKILL of a replica, which is started again later. */
  async kill(trial, random) {
    const replica = trial.pick(random);
    await replica.kill();
    await trial.progress(replica);
    await replica.start();
  },

  /** SIGTERM of a replica. */
  async terminate(trial, random) {
    const replica = trial.pick(random);
    const code = await replica.service.end('SIGTERM');
    if (code !== 0) throw new Error(`Ended with code ${code} after SIGTERM: ${replica.service.log.at(-1)}`);
    await replica.start();
  },

  /** SIGSTOP of a replica, perhaps while it commits, and SIGCONT. */
  async pause(trial, random) {
    const replica = trial.pick(random);
    replica.service.process.kill('SIGSTOP');
    await trial.progress(replica);
    await sleep(random() * 3_000);
    replica.service.process.kill('SIGCONT');
  },

  /** All sessions of the database are terminated. */
  async 'end-sessions'({ server }) {
    await execute(
      server.url,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
    );
  },

  /** The connections of commits are cut before the request arrives, or before its result. The third attempt succeeds. */
  async 'lose-results'({ replicas }, random) {
    for (const { proxy } of replicas)
      for (let count = 0; count < 2; count++) proxy.cuts.push(random() < 0.7 ? 'result' : 'request');
  },

  /** A replica cannot reach the database. */
  async partition(trial, random) {
    const replica = trial.pick(random);
    replica.proxy.pause();
    await trial.progress(replica);
    await sleep(random() * 2_000);
    replica.proxy.resume();
  },

  /** Another session holds the lock of the commits. */
  async 'hold-lock'({ server }, random) {
    const other = new Client(server.url);
    await other.connect();
    await other.query('BEGIN; SELECT FROM log_head FOR UPDATE');
    await sleep(random() * 4_000);
    await other.end();
  },

  /** The database server crashes. */
  async 'crash-database'({ server }, random) {
    await server.stop('immediate');
    await sleep(random() * 1_000);
    await server.restart();
  },

  /** Everything ends at once. */
  async 'crash-all'({ server, replicas }) {
    await Promise.all([...replicas.map((replica) => replica.kill()), server.stop('immediate')]);
    await server.restart();
    await Promise.all(replicas.map((replica) => replica.start()));
  },
} satisfies Record<string, ClusterFault>;

export type ClusterFaultName = keyof typeof CLUSTER_FAULTS;
