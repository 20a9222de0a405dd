import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Checkpointer } from '../src/store/sqlite/checkpointer.js';
import { connect } from '../src/store/sqlite/connection.js';
import { lockDatabase } from '../src/store/sqlite/lock.js';
import { WorkerClient } from '../src/store/sqlite/worker-client.js';
import { Writer } from '../src/store/sqlite/writer.js';
import { payloadText } from './events.js';
import type { Report } from './report.js';
import { newDatabase, type Run } from './throughput.js';

/** Measures the duration of a commit, by its size and by the checkpoint policy. */
export async function writer(run: Run, report: Report): Promise<void> {
  const add = report.table('A commit in the writer thread (random UUIDs)');
  for (const checkpointPages of [1_000, 4_000, 16_000, undefined]) {
    for (const size of [1, 64, 1_000, 5_000]) add(await commits(run, checkpointPages, size));
  }
}

/** Measures commits of one size. The writer checkpoints after `ownCheckpoints` pages, or a thread does if undefined. */
async function commits(run: Run, ownCheckpoints: number | undefined, size: number) {
  const path = newDatabase(run);
  const lock = lockDatabase(path);
  const connection = await connect(path);
  await connection.dataSource.runMigrations();
  const checkpointer =
    ownCheckpoints === undefined ? new WorkerClient<Checkpointer>('checkpointer', path) : undefined;
  await checkpointer?.opened();
  if (ownCheckpoints !== undefined) connection.database.pragma(`wal_autocheckpoint = ${ownCheckpoints}`);
  const store = new Writer(connection, lock);
  const times: number[] = [];
  const until = performance.now() + run.seconds * 1000;
  for (let rows = 0; performance.now() < until;) {
    const values: string[] = [];
    for (let index = 0; index < size; index++, rows++) {
      values.push(`topic-${rows % 10}`, randomUUID(), '2026-01-31T12:00:00.000Z', 'bench', payloadText(rows));
    }
    const started = performance.now();
    store.commit(values);
    times.push(performance.now() - started);
  }
  await checkpointer?.remote.close();
  await checkpointer?.terminate();
  await store.close();
  const busySeconds = times.reduce((sum, time) => sum + time, 0) / 1000;
  const sorted = times.toSorted((a, b) => a - b);
  return {
    checkpoints: ownCheckpoints ? `every ${ownCheckpoints} pages` : 'in a thread',
    'events per commit': size,
    'events/s': (times.length * size) / busySeconds,
    'p50 ms': sorted[Math.floor(sorted.length / 2)]!,
    'p99 ms': sorted[Math.floor(sorted.length * 0.99)]!,
    'max ms': sorted.at(-1)!,
  };
}
