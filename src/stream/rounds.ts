import type { Follower } from './feed.js';
import type { LiveWindow } from './live-window.js';
import { Turn } from './turn.js';

/** Minimum time between two rounds, so that each subscriber receives several commits in one write. */
const MIN_INTERVAL_MS = 10;

/**
 * Serves subscribers, in turns between which the event loop serves other connections. After commits, a round matches
 * the new events and serves the subscribers that select any of them. Rounds never overlap and take at most half of
 * the time.
 */
export class Rounds {
  /** Subscribers to serve. One that is added again while it waits is served once. */
  private readonly ready = new Set<Follower>();
  private isRunning = false;
  private isScheduled = false;
  /** Whether new events may be matched. */
  private isDue = false;
  private lastEndedAtMs = 0;
  private lastRoundMs = 0;

  constructor(
    private readonly window: LiveWindow,
    private readonly followers: ReadonlySet<Follower>,
  ) {}

  /** Begins a round soon. */
  schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    const pauseMs = Math.max(MIN_INTERVAL_MS, this.lastRoundMs) - (performance.now() - this.lastEndedAtMs);
    const begin = () => {
      this.isScheduled = false;
      this.isDue = true;
      this.start();
    };
    if (pauseMs > 0) setTimeout(begin, pauseMs);
    else begin();
  }

  /** Serves a subscriber soon. */
  serve(follower: Follower): void {
    this.ready.add(follower);
    this.start();
  }

  /** Stops serving a subscriber. */
  remove(follower: Follower): void {
    this.ready.delete(follower);
    this.updateWindow();
  }

  private start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    setImmediate(() => void this.run());
  }

  private async run(): Promise<void> {
    const turn = new Turn();
    const isRound = this.isDue;
    this.updateWindow();
    while (this.ready.size > 0 || this.isDue) {
      await this.serveReady(turn);
      if (this.isDue) await this.matchNext(turn);
    }
    this.updateWindow();
    this.isRunning = false;
    if (!isRound) return;
    this.lastEndedAtMs = performance.now();
    this.lastRoundMs = turn.usedMs;
  }

  private async serveReady(turn: Turn): Promise<void> {
    for (const follower of this.ready) {
      if (turn.isOver) await turn.next();
      // It may have disconnected in between.
      if (this.ready.delete(follower)) follower.serve();
    }
  }

  private async matchNext(turn: Turn): Promise<void> {
    if (turn.isOver) await turn.next();
    for (const { subscribers } of this.window.matchNext(turn)) {
      for (const follower of subscribers) this.ready.add(follower);
    }
    this.isDue = this.window.hasUnmatched;
    // Subscribers that have read everything continue before the window drops what they need.
    if (this.isDue) await turn.next();
  }

  /** Activates the window unless every subscriber is stalled. A stalled subscriber catches up from the store. */
  private updateWindow(): void {
    for (const { isStalled } of this.followers) {
      if (!isStalled) return this.window.setActive(true);
    }
    this.window.setActive(false);
  }
}
