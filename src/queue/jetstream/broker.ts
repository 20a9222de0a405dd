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
/** A server that does not respond to two pings is replaced by another one. */
const PING_INTERVAL_MS = 5_000;
const POLL_INTERVAL_MS = 500;
/** Maximum wait for a response of the broker. */
const RESPONSE_TIMEOUT_MS = 1_500;
/** Time after which a message that the broker has not confirmed is not sent again. */
const PUBLISH_LIMIT_MS = 5_000;
const PUBLISH_RETRY_MS = 100;
/** Maximum time of one pull. The next one begins at once. */
const PULL_MS = 5_000;
const CLOSE_LIMIT_MS = 1_000;

/** Time for which a message must remain in the stream after its acknowledgement, before it counts as left over. */
const LEFT_OVER_MS = 5_000;

/** Maximum size of a message, also if the broker permits more. Bounds the time of one turn of the event loop. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Maximum size of the subject of a message and of its record in the stream. */
const ENVELOPE_BYTES = 256;

/** Messages of the broker about a stream without room. */
const IS_FULL = /maximum (bytes|messages) exceeded/;

/** What the stream of the queue holds. */
export interface StreamState {
  readonly events: number;
  /** Time before which no message in the stream was published. */
  readonly since: Date;
}

/**
 * The connection to NATS and the stream of one database. Connects in the background and as often as necessary. Polls the
 * state of the stream, which also detects a broker that does not respond, and a stream that was deleted.
 */
export class Broker {
  private readonly logger = new Logger(Broker.name);
  private readonly closing = new AbortController();
  private readonly watching: Promise<void>;
  private connection: NatsConnection | undefined;
  private manager: JetStreamManager | undefined;
  private isUp = false;
  /** Why the broker is down. */
  private reason = 'connecting';
  private polledEvents = 0;
  /** Events published by this process. `polledEvents` contains those before the poll. */
  private publishedEvents = 0;
  private publishedAtPoll = 0;
  private publishingBytes = 0;
  /** The first message of the stream, if it is acknowledged. */
  private leftOver: { readonly seq: number; readonly since: number } | undefined;

  constructor(
    private readonly servers: NatsServers,
    private readonly streams: Streams,
    /** Maximum bytes of the stream, and of the messages that the broker has not confirmed yet. */
    private readonly capacityBytes: number,
    private readonly onState: (state: StreamState) => void,
  ) {
    this.watching = this.watch();
  }

  /** Undefined while the broker responds; otherwise why it does not. */
  get problem(): string | undefined {
    return this.isUp ? undefined : this.reason;
  }

  /** Number of events in the stream. At least those that this process has published and that are not stored. */
  get events(): number {
    return Math.max(0, this.polledEvents + this.publishedEvents - this.publishedAtPoll);
  }

  /** Maximum size of a message. */
  get maxMessageBytes(): number {
    const permitted = this.connection?.info?.max_payload ?? MAX_MESSAGE_BYTES;
    return Math.min(permitted, MAX_MESSAGE_BYTES, this.capacityBytes) - ENVELOPE_BYTES;
  }

  /**
   * Resolves when the stream has the message. Sends it again if the broker does not confirm it in time, so the stream may
   * have it more than once. Rejects with `QueueFullError` if the stream has no room. Rejects with
   * `BrokerUnavailableError` if the broker does not respond. The stream may have the message then.
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

  /** Pulls up to `count` messages. They arrive until there are as many, or for some seconds. */
  async pull(count: number): Promise<ConsumerMessages> {
    const consumer = await jetstream(this.connected(), { timeout: RESPONSE_TIMEOUT_MS }).consumers.get(
      this.streams.queue,
      CONSUMER,
    );
    return consumer.fetch({ max_messages: count, expires: PULL_MS });
  }

  /** Sends the acknowledgements that are not sent yet, and disconnects. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.watching;
    if (!this.connection) return;
    // Without a connection, draining would wait for the next one.
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
        // The stream may have the message of an earlier attempt.
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
   * A broker that was killed may have messages again that were acknowledged. Its consumer does not deliver them again, so
   * they would take room in the stream without end. A new consumer delivers all messages of the stream. The store
   * recognises those that it has stored.
   */
  private async redeliverLeftOver(manager: JetStreamManager, firstSeq: number): Promise<void> {
    const { ack_floor } = await manager.consumers.info(this.streams.queue, CONSUMER);
    // Acknowledged messages are removed a moment later.
    if (firstSeq > ack_floor.stream_seq) this.leftOver = undefined;
    else if (this.leftOver?.seq !== firstSeq) this.leftOver = { seq: firstSeq, since: performance.now() };
    else if (performance.now() - this.leftOver.since > LEFT_OVER_MS) {
      this.leftOver = undefined;
      this.logger.warn({ msg: 'acknowledged messages are in the stream again', first_seq: firstSeq });
      await manager.consumers.delete(this.streams.queue, CONSUMER);
      await this.streams.create(manager);
    }
  }

  /** Notices a lost connection before the next poll does. */
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
    // The stream may be gone.
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
    // The credentials of the broker may change while the service runs.
    ignoreAuthErrorAbort: true,
    pingInterval: PING_INTERVAL_MS,
    // Stack traces of requests that time out cost more than the requests.
    noAsyncTraces: true,
  };
}
