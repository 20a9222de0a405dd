import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { execute } from '../../harness/postgres.js';
import type { ClusterTrial } from './cluster-trial.js';

/** A fault of a cluster under load. All parts run again when it resolves. */
export type ClusterFault = (trial: ClusterTrial, random: () => number) => Promise<unknown>;

/** Faults, by name on the command line. */
const CLUSTER_FAULTS = {
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
  async 'crash-all'({ server, broker, replicas }) {
    const replicasEnd = replicas.map((replica) => replica.kill());
    await Promise.all([...replicasEnd, server.stop('immediate'), broker?.end('SIGKILL')]);
    await Promise.all([server.restart(), broker?.start()]);
    await Promise.all(replicas.map((replica) => replica.start()));
  },
} satisfies Record<string, ClusterFault>;

/** Faults of a cluster with a broker, besides the others. */
const BROKER_FAULTS = {
  /** SIGKILL of the broker. */
  async 'kill-broker'(trial, random) {
    await trial.broker!.end('SIGKILL');
    await trial.progress();
    await sleep(random() * 1_000);
    await trial.broker!.start();
  },

  /** SIGSTOP of the broker, whose connections stay open, and SIGCONT. */
  async 'pause-broker'(trial, random) {
    trial.broker!.signal('SIGSTOP');
    await trial.progress();
    await sleep(random() * 2_000);
    trial.broker!.signal('SIGCONT');
  },

  /** The database crashes, then the broker, and the broker is there first. */
  async 'crash-both'({ server, broker }, random) {
    await server.stop('immediate');
    await sleep(random() * 1_000);
    await broker!.end('SIGKILL');
    await broker!.start();
    await server.restart();
  },
} satisfies Record<string, ClusterFault>;

const ALL_FAULTS = { ...CLUSTER_FAULTS, ...BROKER_FAULTS };

export type ClusterFaultName = keyof typeof ALL_FAULTS;

export function clusterFault(name: ClusterFaultName): ClusterFault {
  return ALL_FAULTS[name];
}

/** Returns the names of all faults of a cluster with or without a broker. */
export function clusterFaultNames(hasBroker: boolean): ClusterFaultName[] {
  return Object.keys(hasBroker ? ALL_FAULTS : CLUSTER_FAULTS) as ClusterFaultName[];
}
