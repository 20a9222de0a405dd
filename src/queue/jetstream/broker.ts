import { Logger } from '@nestjs/common';
import {
  type ConsumerMessages,
  jetstream,
  type JetStreamManager,
  jetstreamManager,
} from '@nats-io/jetstream';
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerUnavailableError, QueueFullError } from '../event-queue.js';
import type { NatsServers } from '../queue-url.js';
import { CONSUMER, type Streams } from './streams.js';

const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_MS = 250;
/** Interval of pings. If a server does not respond to two pings, the client connects to another server. */
const PING_INTERVAL_MS = 5_000;
const POLL_INTERVAL_MS = 500;
/** Maximum wait for a response from the broker. */
const RESPONSE_TIMEOUT_MS = 1_500;
/** Time after which a message is not sent again, even if the broker has not confirmed it. */
const PUBLISH_LIMIT_MS = 5_000;
const PUBLISH_RETRY_MS = 100;
/** Maximum duration of one pull. The next pull begins immediately. */
const PULL_MS = 5_000;
const CLOSE_LIMIT_MS = 1_000;

/** Time after which an acknowledged message that is still in the stream counts as left over. */
const LEFT_OVER_MS = 5_000;

/** Maximum size of a message, even if the broker permits more. Bounds the time for which it blocks the event loop. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Maximum overhead of a message in the stream: its subject and its record header. */
const ENVELOPE_BYTES = 256;

/** Matches the error messages of the broker for a full stream. */
const IS_FULL = /maximum (bytes|messages) exceeded/;

/** The state of the stream. */
export interface StreamState {
  readonly events: number;
  /** Lower bound of the times at which the messages in the stream were published. */
  readonly since: Date;
}

/**
 * The connection to NATS and the stream of one database. Connects and reconnects in the background. Polls the state of
 * the stream, which also detects a broker that does not respond and a stream that was deleted.
 */
export class Broker {
  private readonly logger = new Logger(Broker.name);
  private readonly closing = new AbortController();
  private readonly watching: Promise<void>;
  private connection: NatsConnection | undefined;
  private manager: JetStreamManager | undefined;
  private isUp = false;
  /** Reason why the broker is down. */
  private reason = 'connecting';
  private polledEvents = 0;
  /** Number of events that this process has published. */
  private publishedEvents = 0;
  /** Value of `publishedEvents` at the last poll. `polledEvents` includes these events. */
  private publishedAtPoll = 0;
  private publishingBytes = 0;
  /** The first message of the stream, and since when it has been acknowledged. Undefined if it is not. */
  private leftOver: { readonly seq: number; readonly since: number } | undefined;

  constructor(
    private readonly servers: NatsServers,
    private readonly streams: Streams,
    /** Maximum size of the stream, and of all messages that the broker has not confirmed yet. */
    private readonly capacityBytes: number,
    private readonly onState: (state: StreamState) => void,
  ) {
    this.watching = this.watch();
  }

  /** Reason why the broker does not respond. Undefined while it responds. */
  get problem(): string | undefined {
    return this.isUp ? undefined : this.reason;
  }

  /** Number of events in the stream at the last poll, plus those that this process has published since. */
  get events(): number {
    return Math.max(0, this.polledEvents + this.publishedEvents - this.publishedAtPoll);
  }

  /** Maximum size of a message without its overhead. */
  get maxMessageBytes(): number {
    const permitted = this.connection?.info?.max_payload ?? MAX_MESSAGE_BYTES;
    return Math.min(permitted, MAX_MESSAGE_BYTES, this.capacityBytes) - ENVELOPE_BYTES;
  }

  /**
   * Publishes a message and resolves when the broker has confirmed it. Sends the message again if the confirmation does
   * not arrive in time, so the stream may contain it more than once. Rejects with `QueueFullError` if the stream has no
   * room. Rejects with `BrokerUnavailableError` if the broker does not respond. The stream may contain the message
   * then.
   */
  async publish(events: number, message: Uint8Array): Promise<void> {
    if (this.publishingBytes + message.length > this.capacityBytes)
      throw new QueueFullError('Messages that the broker has not confirmed fill their memory.');
    this.publishingBytes += message.length;
    this.publishedEvents += events;
    try {
      await this.send(this.streams.subjectOf(events), message);
    } catch (error) {
      this.publishedEvents -= events;
      throw error;
    } finally {
      this.publishingBytes -= message.length;
    }
  }

  /** Copies a message into the stream of dead messages. Resolves with its number there. */
  async setAside(message: Uint8Array): Promise<number> {
    const { seq } = await jetstream(this.connected()).publish(this.streams.dead, message, {
      timeout: RESPONSE_TIMEOUT_MS,
    });
    return seq;
  }

  /** Pulls up to `count` messages. The result ends after the last of them, or after `PULL_MS`. */
  async pull(count: number): Promise<ConsumerMessages> {
    const consumer = await jetstream(this.connected(), { timeout: RESPONSE_TIMEOUT_MS }).consumers.get(
      this.streams.queue,
      CONSUMER,
    );
    return consumer.fetch({ max_messages: count, expires: PULL_MS });
  }

  /** Sends pending acknowledgements, and disconnects. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.watching;
    if (!this.connection) return;
    // Without a connection, `drain` would wait until the client has reconnected.
    if (this.isUp) await Promise.race([this.connection.drain().catch(() => {}), sleep(CLOSE_LIMIT_MS)]);
    await this.connection.close();
    this.isUp = false;
  }

  private async send(subject: string, message: Uint8Array): Promise<void> {
    const end = performance.now() + PUBLISH_LIMIT_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        await jetstream(this.connected()).publish(subject, message, { timeout: RESPONSE_TIMEOUT_MS });
        return;
      } catch (error) {
        const { message: reason } = error as Error;
        if (error instanceof BrokerUnavailableError) throw error;
        // After the first attempt, a full stream may already contain the message, so it was not necessarily rejected.
        if (attempt === 1 && IS_FULL.test(reason)) throw new QueueFullError(`The stream is full: ${reason}.`);
        if (performance.now() > end) throw new BrokerUnavailableError(`The broker is down: ${reason}.`);
      }
      await sleep(PUBLISH_RETRY_MS);
    }
  }

  private connected(): NatsConnection {
    if (!this.isUp || !this.connection)
      throw new BrokerUnavailableError(`The broker is down: ${this.reason}.`);
    return this.connection;
  }

  private async watch(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await this.poll();
        this.setUp();
      } catch (error) {
        this.setDown(error as Error);
      }
      await sleep(POLL_INTERVAL_MS, undefined, { signal }).catch(() => {});
    }
  }

  private async poll(): Promise<void> {
    if (!this.connection || this.connection.isClosed()) {
      this.connection = await connect(toOptions(this.servers));
      this.manager = undefined;
      void this.watchConnection(this.connection);
    }
    if (!this.manager) {
      const manager = await jetstreamManager(this.connection, { timeout: RESPONSE_TIMEOUT_MS });
      await this.streams.create(manager);
      this.manager = manager;
    }
    const since = new Date();
    const published = this.publishedEvents;
    const { state } = await this.manager.streams.info(this.streams.queue, {
      subjects_filter: this.streams.allSubjects,
    });
    this.polledEvents = this.streams.countEvents(state.subjects);
    this.publishedAtPoll = published;
    if (state.messages > 0) await this.redeliverLeftOver(this.manager, state.first_seq);
    this.onState({
      events: this.polledEvents,
      since: state.messages === 0 ? since : new Date(state.first_ts),
    });
  }

  /**
   * Redelivers messages that were acknowledged and are in the stream again after the broker was killed. The consumer
   * does not deliver them, so they would occupy the stream permanently. A new consumer delivers all messages of the
   * stream. The store recognises the messages that it has already stored.
   */
  private async redeliverLeftOver(manager: JetStreamManager, firstSeq: number): Promise<void> {
    const { ack_floor } = await manager.consumers.info(this.streams.queue, CONSUMER);
    // The broker removes an acknowledged message with a short delay.
    if (firstSeq > ack_floor.stream_seq) this.leftOver = undefined;
    else if (this.leftOver?.seq !== firstSeq) this.leftOver = { seq: firstSeq, since: performance.now() };
    else if (performance.now() - this.leftOver.since > LEFT_OVER_MS) {
      this.leftOver = undefined;
      this.logger.warn({ msg: 'acknowledged messages are in the stream again', first_seq: firstSeq });
      await manager.consumers.delete(this.streams.queue, CONSUMER);
      await this.streams.create(manager);
    }
  }

  /** Detects a lost connection before the next poll. */
  private async watchConnection(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.setDown(new Error('the connection is lost'));
    }
  }

  private setUp(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.logger.log({ msg: 'broker up', server: this.connection!.getServer(), stream: this.streams.queue });
  }

  private setDown({ message }: Error): void {
    // The stream may have been deleted. The next poll creates it again.
    this.manager = undefined;
    if (this.closing.signal.aborted) return;
    if (this.isUp) this.logger.warn({ msg: 'broker down', reason: message });
    this.isUp = false;
    this.reason = message;
  }
}

function toOptions({ servers, tls, user, password }: NatsServers): ConnectionOptions {
  return {
    name: 'pubsub-log-aggregator',
    servers: [...servers],
    ...(user !== undefined && (password === undefined ? { token: user } : { user, pass: password })),
    ...(tls && { tls: {} }),
    timeout: CONNECT_TIMEOUT_MS,
    reconnectTimeWait: RECONNECT_MS,
    maxReconnectAttempts: -1,
    // Reconnects even after authentication errors, because the credentials may change while the service runs.
    ignoreAuthErrorAbort: true,
    pingInterval: PING_INTERVAL_MS,
    // Capturing a stack trace for each request that may time out costs more than the request.
    noAsyncTraces: true,
  };
}
