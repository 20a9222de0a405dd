import type { Store } from '../store/store.js';
import { SubjectCommits } from './subject-commits.js';

/** Interval of the polls. Announcements have a mean delay of 1.5 intervals. A poll reads one row and takes 0.1 ms. */
const INTERVAL_MS = 25;

/** Announces the commits of this instance immediately. Polls the store for the commits of other instances. */
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
   * Announces the commits that the previous poll found. Meanwhile, this instance has announced its own commits together
   * with their events, so that live streams need not read these events from the store. Ignores errors, because the next
   * poll finds the same commits.
   */
  private async poll(): Promise<void> {
    if (this.isPolling) return;
    this.isPolling = true;
    if (this.polledSeq > this.lastSeq) this.announce({ lastSeq: this.polledSeq });
    this.polledSeq = await this.store.lastSeq().catch(() => this.polledSeq);
    this.isPolling = false;
  }
}
