import { Module } from '@nestjs/common';
import { Config } from '../config.js';
import { Store } from '../store/store.js';
import { StoreModule } from '../store/store.module.js';
import { EventQueue } from './event-queue.js';
import { parseQueueUrl } from './queue-url.js';
import { SubjectQueue } from './subject-queue.js';

@Module({
  imports: [StoreModule],
  providers: [
    SubjectQueue,
    { provide: EventQueue, inject: [Config, SubjectQueue, Store], useFactory: openQueue },
  ],
  exports: [EventQueue],
})
export class QueueModule {}

/** Opens the queue that the configuration selects. Loads the NATS client only if there is a broker. */
async function openQueue(config: Config, queue: SubjectQueue, store: Store): Promise<EventQueue> {
  const { id } = store;
  if (config.QUEUE_URL === '' || id === undefined) return queue;
  const { JetStreamQueue } = await import('./jetstream/jet-stream-queue.js');
  const options = {
    servers: parseQueueUrl(config.QUEUE_URL),
    capacity: config.QUEUE_CAPACITY,
    capacityBytes: config.QUEUE_CAPACITY_BYTES,
    replicas: config.QUEUE_REPLICAS,
  };
  return JetStreamQueue.open(queue, options, { id, keepIdsSince: (time) => store.keepIdsSince(time) });
}
