import type { Follower } from './feed.js';
import type { LiveWindow } from './live-window.js';
import { Turn } from './turn.js';

/** Minimum pause between two rounds. Lets each subscriber receive several commits in one write. */
const MIN_INTERVAL_MS = 10;

/**
 * Serves subscribers in turns and yields to the event loop between them. After a commit, a round matches the new
 * events with the selections and serves the subscribers that select any of them. Rounds never overlap. The pause after
 * a round is at least as long as the round, so rounds take at most half of the time.
 */
export class Rounds {
  /** Subscribers to serve. A subscriber that is added again while it waits is served only once. */
  private readonly ready = new Set<Follower>();
  private isRunning = false;
  private isScheduled = false;
  /** Whether there may be new events to match. */
  private isDue = false;
  private lastEndedAtMs = 0;
  private lastRoundMs = 0;

  constructor(
    private readonly window: LiveWindow,
    private readonly followers: ReadonlySet<Follower>,
  ) {}

  /** Schedules a round, unless one is already scheduled. */
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

  /** Schedules a subscriber to be served. */
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
      // The subscriber may have disconnected during the pause.
      if (this.ready.delete(follower)) follower.serve();
    }
  }

  private async matchNext(turn: Turn): Promise<void> {
    if (turn.isOver) await turn.next();
    for (const { subscribers } of this.window.matchNext(turn)) {
      for (const follower of subscribers) this.ready.add(follower);
    }
    this.isDue = this.window.hasUnmatched;
    // Yields, so that subscribers that keep up can be served before the window drops events that they need.
    if (this.isDue) await turn.next();
  }

  /** Activates the window unless every subscriber is stalled. Stalled subscribers catch up from the store. */
  private updateWindow(): void {
    for (const { isStalled } of this.followers) {
      if (!isStalled) return this.window.setActive(true);
    }
    this.window.setActive(false);
  }
}
