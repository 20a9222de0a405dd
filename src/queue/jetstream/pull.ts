import { Logger } from '@nestjs/common';
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { setTimeout as sleep } from 'node:timers/promises';
import { estimateBytes } from '../../event/event-size.js';
import type { Submission } from '../../event/submission.js';
import type { Verdict } from '../../event/verdict.js';
import type { SubjectQueue } from '../subject-queue.js';
import type { Broker } from './broker.js';
import { decodeSubmission } from './message.js';

/** Pause after a failure of the store or the broker. Doubles while the store fails. */
const INITIAL_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 5_000;
/** Delay after which the broker redelivers a message that this release cannot read. */
const LATER_VERSION_MS = 5_000;
/** Maximum number of messages in one pull. */
const MAX_MESSAGES = 100;
const BYTES_PER_MESSAGE = 1024 * 1024;
/** Maximum number of keys in the log line about a message that cannot be stored. */
const MAX_LOGGED_KEYS = 10;

export interface PullLimits {
  /** Number of events and bytes that are pulled and not yet stored, from which the next pull waits. */
  readonly events: number;
  readonly bytes: number;
}

type Verdicts = Promise<readonly Verdict[]>;

/**
 * Moves submissions from the broker into the queue of this process, and acknowledges them once they are stored. If the
 * store fails, the broker redelivers them to this replica or to another one that reaches the store. A message that can
 * never be stored is moved to the dead-letter stream.
 */
export class Pull {
  /** Number of events pulled and not yet settled or rejected. */
  events = 0;
  private bytes = 0;
  /** Verdicts of the pulled submissions by id. A submission may be pulled again before it is settled. */
  private readonly pending = new Map<string, Verdicts>();
  private readonly acknowledging = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly logger = new Logger(Pull.name);
  private readonly count: number;
  /** Pause after the last failure of the store, or 0 after a success. */
  private backoffMs = 0;
  private isFailing = false;
  private messages: ConsumerMessages | undefined;
  private running: Promise<void> | undefined;
  private onSettled: (() => void) | undefined;

  constructor(
    private readonly broker: Broker,
    private readonly queue: SubjectQueue,
    private readonly limits: PullLimits,
    /** Returns whether an error means that the store failed. Any other error means that an event is unstorable. */
    private readonly isFailure: (error: unknown) => boolean,
  ) {
    this.count = Math.max(1, Math.min(MAX_MESSAGES, Math.floor(limits.bytes / BYTES_PER_MESSAGE)));
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Stops pulling. Submissions in the queue of this process are settled later (see `finish`). */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.onSettled?.();
    this.messages?.stop();
    await this.running;
  }

  /** Resolves when every pulled submission is acknowledged, returned, or moved to the dead-letter stream. */
  async finish(): Promise<void> {
    await Promise.all(this.acknowledging);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        this.messages = await this.broker.pull(this.count);
        if (signal.aborted) this.messages.stop();
        for await (const message of this.messages) this.receive(message);
      } catch {
        // `Broker` logs why it is down. An incomplete pull also fails if the client has connected to another server.
        await pause(INITIAL_BACKOFF_MS, signal);
      }
      if (this.isFailing) await pause(this.backoffMs, signal);
      this.isFailing = false;
      while (this.isFull && !signal.aborted) await new Promise<void>((resolve) => (this.onSettled = resolve));
    }
  }

  private get isFull(): boolean {
    return this.events >= this.limits.events || this.bytes >= this.limits.bytes;
  }

  private receive(message: JsMsg): void {
    if (this.stopping.signal.aborted) return message.nak();
    let submission: Required<Submission> | 'later';
    try {
      submission = decodeSubmission(message.data);
    } catch (error) {
      return this.track(this.setAside(message, error as Error));
    }
    if (submission === 'later') {
      this.logger.warn({ msg: 'message of a later release', subject: message.subject });
      return message.nak(LATER_VERSION_MS);
    }
    this.track(this.acknowledge(message, submission, this.submit(submission)));
  }

  /** Adds a submission to the queue, unless the queue already contains it. The ids in a batch must be distinct. */
  private submit({ id, events }: Required<Submission>): Verdicts {
    const key = `${id.source} ${id.number}`;
    const known = this.pending.get(key);
    if (known) return known;
    const bytes = events.reduce((sum, event) => sum + estimateBytes(event), 0);
    this.events += events.length;
    this.bytes += bytes;
    const verdicts = this.queue.add(events, bytes, id).finally(() => {
      this.pending.delete(key);
      this.events -= events.length;
      this.bytes -= bytes;
      this.onSettled?.();
    });
    this.pending.set(key, verdicts);
    return verdicts;
  }

  private async acknowledge(message: JsMsg, submission: Submission, verdicts: Verdicts): Promise<void> {
    try {
      await verdicts;
    } catch (error) {
      if (!this.isFailure(error)) return this.setAside(message, error as Error, submission);
      if (!this.isFailing)
        this.backoffMs = Math.min(2 * this.backoffMs || INITIAL_BACKOFF_MS, MAX_BACKOFF_MS);
      this.isFailing = true;
      return message.nak(this.backoffMs);
    }
    this.backoffMs = 0;
    // Does not wait for a confirmation. If the broker does not receive this acknowledgement, it redelivers the message,
    // and the store recognises the id.
    message.ack();
  }

  /** Removes a message that can never be stored, after it is copied. If that fails, the broker delivers it again. */
  private async setAside(message: JsMsg, { message: reason }: Error, submission?: Submission): Promise<void> {
    const keys = submission?.events
      .slice(0, MAX_LOGGED_KEYS)
      .map(({ topic, event_id }) => ({ topic, event_id }));
    try {
      const dead_seq = await this.broker.setAside(message.data);
      this.logger.error({
        msg: 'message set aside',
        reason,
        dead_seq,
        subject: message.subject,
        events: submission?.events.length,
        keys,
      });
      message.term();
    } catch (error) {
      this.logger.error({ msg: 'message not set aside', reason: (error as Error).message, keys });
      message.nak(MAX_BACKOFF_MS);
    }
  }

  private track(work: Promise<void>): void {
    // An acknowledgement fails only after the connection was closed. The broker then redelivers the message.
    const tracked = work.catch(() => {}).finally(() => this.acknowledging.delete(tracked));
    this.acknowledging.add(tracked);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
