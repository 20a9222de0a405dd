import type { Store } from '../store/store.js';
import { SubjectCommits } from './subject-commits.js';

/** Mean delay of an announcement: 1.5 intervals. A poll reads one row and takes 0.1 ms. */
const INTERVAL_MS = 25;

/** Announces the commits of this instance at once, and those of other instances by polling the store. */
export class PollingCommits extends SubjectCommits {
  private polledSeq = 0;
  private readonly timer: NodeJS.Timeout;
  private isPolling = false;

  constructor(private readonly store: Pick<Store, 'lastSeq'>) {
    super();
    this.timer = setInterval(() => void this.poll(), INTERVAL_MS).unref();
  }

  override close(): void {
    clearInterval(this.timer);
    super.close();
  }

  /**
   * Announces what the previous poll has found. By now, the commits of this instance among it are announced with their
   * events, so that live streams need not read them. Ignores errors: the next poll finds the same commits.
   */
  private async poll(): Promise<void> {
    if (this.isPolling) return;
    this.isPolling = true;
    if (this.polledSeq > this.lastSeq) this.announce({ lastSeq: this.polledSeq });
    this.polledSeq = await this.store.lastSeq().catch(() => this.polledSeq);
    this.isPolling = false;
  }
}
