import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { parseQueueUrl } from '../../src/queue/queue-url.js';
import { releaseAtEnd } from './release.js';

const { TEST_NATS_URL = 'nats://127.0.0.1:4222', CI } = process.env;

/** URL of a NATS server with JetStream. */
export const NATS_URL = TEST_NATS_URL;

/** Whether the tests can create streams on a NATS server. With CI set, they fail if there is none. */
export const HAS_NATS = CI !== undefined || (await isReachable());

async function isReachable(): Promise<boolean> {
  try {
    await withNats(NATS_URL, async () => {});
    return true;
  } catch {
    return false;
  }
}

/** Connects to JetStream while `work` runs. */
export async function withNats<T>(
  url: string,
  work: (manager: JetStreamManager, connection: NatsConnection) => Promise<T>,
): Promise<T> {
  const connection = await connect({ servers: [...parseQueueUrl(url).servers], reconnect: false });
  try {
    return await work(await jetstreamManager(connection), connection);
  } finally {
    await connection.close();
  }
}

/** Deletes the streams of a store, if they exist. */
export function deleteStreams(storeId: string): Promise<void> {
  return withNats(NATS_URL, async (manager) => {
    for (const name of [`events-${storeId}`, `events-${storeId}-dead`]) {
      await manager.streams.delete(name).catch(() => {});
    }
  });
}

/** Returns an id of a store whose streams are deleted at the end. */
export function aStoreId(): string {
  const id = randomUUID();
  releaseAtEnd(() => deleteStreams(id));
  return id;
}
