import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Commits } from '../consumer/commits.js';
import type { EventSelection } from '../event/selection.js';
import type { SendBudget } from '../http/send-budget.js';
import { Store } from '../store/store.js';
import { LiveWindow } from './live-window.js';
import { Rounds } from './rounds.js';
import { Subscriber } from './subscriber.js';

const HEARTBEAT_MS = 15_000;

/** Manages the open streams. */
@Injectable()
export class LiveStreams implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(LiveStreams.name);
  private readonly subscribers = new Set<Subscriber>();
  private readonly rounds: Rounds;
  private heartbeat: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;
  private stopping = false;

  constructor(
    private readonly window: LiveWindow,
    private readonly store: Store,
    private readonly commits: Commits,
  ) {
    this.rounds = new Rounds(window, this.subscribers);
  }

  /** Returns the number of open streams. */
  get count(): number {
    return this.subscribers.size;
  }

  /** Returns how many events the slowest stream is behind the last one. Events that it does not select count, too. */
  maxLag(): number {
    let lag = 0;
    for (const subscriber of this.subscribers) lag = Math.max(lag, subscriber.lag);
    return lag;
  }

  onModuleInit(): void {
    this.heartbeat = setInterval(
      () => this.subscribers.forEach((subscriber) => subscriber.heartbeat()),
      HEARTBEAT_MS,
    );
    this.heartbeat.unref();
  }

  /** Ends all streams before the HTTP server closes, because the server waits for open responses. */
  beforeApplicationShutdown(): void {
    this.stopping = true;
    clearInterval(this.heartbeat);
    for (const subscriber of this.subscribers) subscriber.end();
  }

  /** Returns whether `seq` is at most the highest stored seq. */
  async hasReached(seq: number): Promise<boolean> {
    // A stored event may not have been announced yet.
    return seq <= this.window.lastSeq || seq <= (await this.store.lastSeq());
  }

  /** Sends the selected events after the seq `after`, by default only new ones, until the client disconnects. */
  open(
    response: ServerResponse,
    budget: SendBudget,
    selection: EventSelection,
    after = this.window.lastSeq,
  ): void {
    if (this.stopping || response.destroyed) {
      response.end();
      return;
    }
    this.window.setActive(true);
    this.unsubscribe ??= this.commits.subscribe(() => this.rounds.schedule());
    const feed = this.window.join(selection);
    const subscriber = new Subscriber(response, feed, after, {
      window: this.window,
      store: this.store,
      budget,
      onReady: (ready) => this.rounds.serve(ready),
      onError: ({ message }) => this.logger.error({ msg: 'stream ended', reason: message }),
    });
    this.subscribers.add(subscriber);
    feed.subscribers.add(subscriber);
    response.on('close', () => this.remove(subscriber));
    this.rounds.serve(subscriber);
  }

  private remove(subscriber: Subscriber): void {
    const { feed } = subscriber;
    this.subscribers.delete(subscriber);
    feed.subscribers.delete(subscriber);
    if (feed.subscribers.size === 0) this.window.leave(feed);
    this.rounds.remove(subscriber);
    if (this.subscribers.size > 0) return;
    this.unsubscribe?.();
    this.unsubscribe = undefined;
  }
}
