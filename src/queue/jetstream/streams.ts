import {
  AckPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

/** Time after which the broker redelivers a message that no replica has acknowledged. */
const ACK_WAIT_MS = 10_000;
/** Maximum number of messages that all replicas together have pulled and not acknowledged. */
const MAX_ACK_PENDING = 2_000;
/** Maximum size of the dead-letter stream. Beyond it, the oldest messages are deleted. */
const DEAD_BYTES = 64 * 1024 * 1024;
/** JetStream's error code for a stream that exists with another configuration. */
const EXISTS = 10_058;

/** The durable consumer that all replicas share. */
export const CONSUMER = 'store';

export interface StreamLimits {
  readonly messages: number;
  readonly bytes: number;
  /** Number of servers that keep a copy. */
  readonly replicas: number;
}

/** The stream of submissions and the dead-letter stream of one database. */
export class Streams {
  readonly queue: string;
  readonly dead: string;

  constructor(
    storeId: string,
    private readonly limits: StreamLimits,
  ) {
    this.queue = `events-${storeId}`;
    this.dead = `${this.queue}-dead`;
  }

  /** Returns the subject of a message. It contains the number of events, so that the broker can count them. */
  subjectOf(events: number): string {
    return `${this.queue}.${events}`;
  }

  /** The subjects of all messages in the queue. */
  get allSubjects(): string {
    return `${this.queue}.*`;
  }

  /** Creates both streams and the consumer, or changes their limits. Replicas may call it at the same time. */
  async create(manager: JetStreamManager): Promise<void> {
    const { messages, bytes, replicas } = this.limits;
    const common = { storage: StorageType.File, num_replicas: replicas };
    await createOrUpdate(manager, {
      ...common,
      name: this.queue,
      subjects: [this.allSubjects],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_msgs: messages,
      max_bytes: bytes,
    });
    await createOrUpdate(manager, {
      ...common,
      name: this.dead,
      subjects: [this.dead],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_bytes: DEAD_BYTES,
    });
    await manager.consumers.add(this.queue, {
      durable_name: CONSUMER,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MAX_ACK_PENDING,
      max_deliver: -1,
    });
  }

  /** Returns the number of events in all messages. `subjects` contains the number of messages with each subject. */
  countEvents(subjects: Readonly<Record<string, number>> = {}): number {
    let events = 0;
    for (const [subject, messages] of Object.entries(subjects)) {
      // Another program may have published to a subject without a number.
      events += messages * (Number(subject.slice(this.queue.length + 1)) || 0);
    }
    return events;
  }
}

async function createOrUpdate(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { name: string },
): Promise<void> {
  try {
    await manager.streams.add(config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== EXISTS) throw error;
    await manager.streams.update(config.name, config);
  }
}
