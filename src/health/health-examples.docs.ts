/** Example check results for the OpenAPI document. */
export const DATABASE_UP = { database: { status: 'up', responseTime: 2 } };
export const DATABASE_DOWN = {
  database: { status: 'down', message: 'timeout of 1000ms exceeded', responseTime: 1000 },
};
export const QUEUE_UP = { queue: { status: 'up', depth: 0, capacity: 100_000, draining: false } };
export const QUEUE_FULL = { queue: { ...QUEUE_UP.queue, status: 'down', depth: 100_000 } };
