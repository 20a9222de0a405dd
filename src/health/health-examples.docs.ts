/** Example results of checks for the OpenAPI document. */
export const DATABASE_UP = { database: { status: 'up', responseTime: 2 } };
export const DATABASE_DOWN = {
  database: { status: 'down', message: 'timeout of 1000ms exceeded', responseTime: 1000 },
};
export const QUEUE_UP = { queue: { status: 'up', depth: 0, capacity: 100_000, draining: false } };
export const QUEUE_FULL = { queue: { ...QUEUE_UP.queue, status: 'down', depth: 100_000 } };
export const BROKER_UP = { broker: { status: 'up', depth: 0 } };
export const DISK_UP = { disk: { status: 'up', free_bytes: 68_719_476_736, total_bytes: 107_374_182_400 } };
export const WAL_UP = {
  wal: { status: 'up', bytes: 4_120_000, last_checkpoint_at: '2026-01-31T12:00:00.000Z' },
};
export const WAL_DOWN = {
  wal: {
    status: 'down',
    bytes: 536_875_720,
    last_checkpoint_at: '2026-01-31T11:00:00.000Z',
    error: 'disk I/O error',
    reason: 'Checkpoints fail, so the WAL grows with every commit. Check the disk of the database file.',
  },
};
export const CLOCK_UP = {
  clock: {
    status: 'up',
    system_time: '2026-01-31T12:00:05.000Z',
    last_processed_at: '2026-01-31T12:00:00.000Z',
  },
};
export const ALL_UP = { ...DATABASE_UP, ...QUEUE_UP, ...BROKER_UP, ...DISK_UP, ...WAL_UP, ...CLOCK_UP };

/** Describes the status `degraded` in the OpenAPI document. */
export const DEGRADED =
  'The service works, but an operator must act. The broker does not respond, the disk has less than 256 MiB free, checkpoints fail, or the WAL exceeds 64 MiB. Or the last `processed_at` is more than 60 s ahead of the system clock.';
/** The conditions of a failed check. */
export const DOWN =
  'the store cannot write, the WAL exceeds 512 MiB, the queue is full, or the service is stopping';
