import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Commits } from '../consumer/commits.js';
import type { EventSelection } from '../event/selection.js';
import { Store } from '../store/store.js';
import { LiveWindow } from './live-window.js';
import { Subscriber } from './subscriber.js';

const HEARTBEAT_MS = 15_000;
/** Minimum time between two rounds, so that each subscriber receives several commits in one write. */
const MIN_ROUND_INTERVAL_MS = 10;

/**
 * Manages the open streams. After a commit, a round wakes all subscribers. Rounds take at most half of the time of
 * the event loop.
 */
@Injectable()
export class LiveStreams implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(LiveStreams.name);
  private readonly subscribers = new Set<Subscriber>();
  private heartbeat: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;
  private stopping = false;
  private roundIsScheduled = false;
  private lastRoundEnded = 0;
  private lastRoundMs = 0;

  constructor(
    private readonly window: LiveWindow,
    private readonly store: Store,
    private readonly commits: Commits,
  ) {}

  onModuleInit(): void {
    this.heartbeat = setInterval(
      () => this.subscribers.forEach((subscriber) => subscriber.heartbeat()),
      HEARTBEAT_MS,
    );
    this.heartbeat.unref();
  }

  /** Ends all streams before the HTTP server closes, which would wait for them. */
  beforeApplicationShutdown(): void {
    this.stopping = true;
    clearInterval(this.heartbeat);
    for (const subscriber of this.subscribers) subscriber.end();
  }

  /** Resolves with whether `seq` is at most the highest stored seq. */
  async hasReached(seq: number): Promise<boolean> {
    // A stored event may not have been announced yet.
    return seq <= this.window.lastSeq || seq <= (await this.store.lastSeq());
  }

  /** Sends the selected events after the seq `after` (default: only new ones) until the client disconnects. */
  open(response: ServerResponse, selection: EventSelection, after = this.window.lastSeq): void {
    if (this.stopping || response.destroyed) {
      response.end();
      return;
    }
    const onError = ({ message }: Error) => this.logger.error({ msg: 'stream ended', reason: message });
    const subscriber = new Subscriber(response, selection, after, this.window, this.store, onError);
    this.subscribers.add(subscriber);
    this.window.setActive(true);
    this.unsubscribe ??= this.commits.subscribe(() => this.scheduleRound());
    response.on('close', () => this.remove(subscriber));
    subscriber.wake();
  }

  private remove(subscriber: Subscriber): void {
    this.subscribers.delete(subscriber);
    this.keepWindow();
    if (this.subscribers.size > 0) return;
    this.unsubscribe?.();
    this.unsubscribe = undefined;
  }

  private scheduleRound(): void {
    if (this.roundIsScheduled) return;
    this.roundIsScheduled = true;
    const pauseMs =
      Math.max(MIN_ROUND_INTERVAL_MS, this.lastRoundMs) - (performance.now() - this.lastRoundEnded);
    if (pauseMs > 0) setTimeout(() => this.round(), pauseMs);
    else setImmediate(() => this.round());
  }

  private round(): void {
    this.roundIsScheduled = false;
    const started = performance.now();
    for (const subscriber of this.subscribers) subscriber.wake();
    this.keepWindow();
    this.lastRoundEnded = performance.now();
    this.lastRoundMs = this.lastRoundEnded - started;
  }

  /** Deactivates the window if every subscriber is stalled. A stalled subscriber catches up from the store. */
  private keepWindow(): void {
    this.window.setActive([...this.subscribers].some(({ stalled }) => !stalled));
  }
}
