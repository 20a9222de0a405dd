import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NewEvent } from '../../event/event.js';
import {
  type BatchHandler,
  EventQueue,
  type OfferOptions,
  QueueDrainingError,
  QueueFullError,
  type QueueLoad,
  type Receipt,
} from '../event-queue.js';
import type { NatsServers } from '../queue-url.js';
import type { SubjectQueue } from '../subject-queue.js';
import { Broker } from './broker.js';
import { encodeSubmission } from './message.js';
import { Pull } from './pull.js';
import { Streams } from './streams.js';

/** Maximum wait for the broker at start. After this time, the service starts without the broker. */
const START_LIMIT_MS = 2_000;
const START_POLL_MS = 20;
/** Fraction of the capacity that pulled submissions may use in the memory of this process. */
const PULLED_SHARE = 0.25;

export interface JetStreamOptions {
  readonly servers: NatsServers;
  /**
   * Maximum number of events and bytes in the stream. The number of events may be exceeded for a short time, because a
   * replica reads only twice a second how many events the others have published.
   */
  readonly capacity: number;
  readonly capacityBytes: number;
  /** Number of servers that keep a copy of the stream. */
  readonly replicas: number;
}

/** The store whose submissions the stream holds. */
export interface SharedStore {
  readonly id: string;
  keepIdsSince(time: Date): void;
}

/**
 * A queue in NATS JetStream for the replicas of one store. Accepts a submission when the broker has confirmed it, so
 * that it survives a crash of this process, the broker or the database.
 *
 * Only submissions whose publisher does not wait go through the broker. All others go directly to the queue of this
 * process, because the broker would only delay their commit. The same queue forms the batches of both.
 *
 * Each submission has an id. The broker may contain a submission twice and may redeliver it. The store recognises the
 * id, so each event counts once.
 */
export class JetStreamQueue extends EventQueue {
  private readonly broker: Broker;
  private readonly pull: Pull;
  private readonly source = randomUUID();
  private lastNumber = 0;
  private readonly failures = new WeakSet<Error>();
  private readonly publishing = new Set<Promise<void>>();
  /** Set by the first call of `drain`. */
  private drained: Promise<void> | undefined;

  private constructor(
    private readonly queue: SubjectQueue,
    private readonly options: JetStreamOptions,
    store: SharedStore,
  ) {
    super();
    const { servers, capacity, capacityBytes, replicas } = options;
    const streams = new Streams(store.id, { messages: capacity, bytes: capacityBytes, replicas });
    // Keeps all ids, because the broker may have submissions of any age until it responds.
    store.keepIdsSince(new Date(0));
    this.broker = new Broker(servers, streams, capacityBytes, ({ since }) => store.keepIdsSince(since));
    const limits = { events: capacity * PULLED_SHARE, bytes: capacityBytes * PULLED_SHARE };
    this.pull = new Pull(this.broker, queue, limits, (error) => this.failures.has(error as Error));
  }

  /** Opens the queue. If the broker does not respond within `START_LIMIT_MS`, connects to it later. */
  static async open(
    queue: SubjectQueue,
    options: JetStreamOptions,
    store: SharedStore,
  ): Promise<JetStreamQueue> {
    const opened = new JetStreamQueue(queue, options, store);
    const end = performance.now() + START_LIMIT_MS;
    while (opened.broker.problem !== undefined && performance.now() < end) await sleep(START_POLL_MS);
    return opened;
  }

  async offer(events: readonly NewEvent[], options: OfferOptions): Promise<Receipt> {
    if (this.drained) throw new QueueDrainingError('The service is stopping.');
    const message = options.wait ? undefined : this.encode(events);
    // Too large for a message, or for the stream: stored before the response, as if the publisher waited.
    if (!message) return this.queue.offer(events, { ...options, wait: true });
    this.checkRoom(events.length);
    const published = this.broker.publish(events.length, message);
    this.publishing.add(published);
    try {
      await published;
    } finally {
      this.publishing.delete(published);
    }
    return 'queued';
  }

  consume(handler: BatchHandler): void {
    this.queue.consume(async (batch) => {
      try {
        await handler(batch);
      } catch (error) {
        this.failures.add(error as Error);
        throw error;
      }
    });
    this.pull.start();
  }

  drain(): Promise<void> {
    this.drained ??= this.finish();
    return this.drained;
  }

  async load(): Promise<QueueLoad> {
    const { depth, ...load } = await this.queue.load();
    const { problem, events } = this.broker;
    return {
      ...load,
      depth: depth - this.pull.events,
      draining: this.drained !== undefined,
      broker: { depth: events, ...(problem !== undefined && { problem }) },
    };
  }

  private encode(events: readonly NewEvent[]): Uint8Array | undefined {
    if (events.length > this.options.capacity) return undefined;
    const id = { source: this.source, number: ++this.lastNumber };
    return encodeSubmission(id, events, this.broker.maxMessageBytes);
  }

  private checkRoom(events: number): void {
    const { capacity } = this.options;
    const depth = this.broker.events;
    if (depth + events > capacity)
      throw new QueueFullError(
        `The broker holds ${depth} of ${capacity} events and has no room for ${events} more.`,
      );
  }

  private async finish(): Promise<void> {
    await this.pull.stop();
    await this.queue.drain();
    await Promise.allSettled(this.publishing);
    await this.pull.finish();
    await this.broker.close();
  }
}
