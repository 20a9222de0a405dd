import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { ProcessedEvents } from '../consumer/commits.js';
import type { EventSelection } from '../event/selection.js';
import { Store } from '../store/store.js';
import { LiveWindow } from './live-window.js';
import { Subscriber } from './subscriber.js';

const HEARTBEAT_MS = 15_000;
/** While commits follow one another, so much is gathered for one write to each subscriber. */
const GATHER_MS = 10;

/** Every open stream. After a commit all of them have their turn, in rounds that leave publishers their half of the time. */
@Injectable()
export class LiveStreams implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(LiveStreams.name);
  private readonly subscribers = new Set<Subscriber>();
  private heartbeat: NodeJS.Timeout | undefined;
  private stopping = false;
  private roundIsDue = false;
  private lastRoundEnded = 0;
  private lastRoundMs = 0;

  constructor(
    private readonly window: LiveWindow,
    private readonly store: Store,
    private readonly processed: ProcessedEvents,
  ) {}

  onModuleInit(): void {
    this.processed.subscribe(() => this.scheduleRound());
    this.heartbeat = setInterval(
      () => this.subscribers.forEach((subscriber) => subscriber.heartbeat()),
      HEARTBEAT_MS,
    );
    this.heartbeat.unref();
  }

  /** Before the HTTP server closes: it would wait for streams that never end. */
  beforeApplicationShutdown(): void {
    this.stopping = true;
    clearInterval(this.heartbeat);
    for (const subscriber of this.subscribers) subscriber.end();
  }

  /** Whether an event with this seq is, or was, there. */
  async hasReached(seq: number): Promise<boolean> {
    // What was just stored may be known to the store and not yet be announced.
    return seq <= this.window.lastSeq || seq <= (await this.store.lastSeq());
  }

  /** Sends what is selected after the seq `after` (absent: from now on), and goes on until the client leaves. */
  open(response: ServerResponse, selection: EventSelection, after = this.window.lastSeq): void {
    if (this.stopping || response.destroyed) {
      response.end();
      return;
    }
    const onError = ({ message }: Error) => this.logger.error({ msg: 'stream ended', reason: message });
    const subscriber = new Subscriber(response, selection, after, this.window, this.store, onError);
    this.subscribers.add(subscriber);
    this.window.keep(true);
    response.on('close', () => {
      this.subscribers.delete(subscriber);
      this.keepWindow();
    });
    subscriber.wake();
  }

  private scheduleRound(): void {
    if (this.roundIsDue || this.subscribers.size === 0) return;
    this.roundIsDue = true;
    const restMs = Math.max(GATHER_MS, this.lastRoundMs) - (performance.now() - this.lastRoundEnded);
    if (restMs > 0) setTimeout(() => this.round(), restMs);
    else setImmediate(() => this.round());
  }

  private round(): void {
    this.roundIsDue = false;
    const started = performance.now();
    for (const subscriber of this.subscribers) subscriber.wake();
    this.keepWindow();
    this.lastRoundEnded = performance.now();
    this.lastRoundMs = this.lastRoundEnded - started;
  }

  /** For those who read. Who does not has fallen behind when it reads again, and begins with the store. */
  private keepWindow(): void {
    this.window.keep([...this.subscribers].some(({ full }) => !full));
  }
}
