import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import { type Announcement, Commits } from './commits.js';

/** Announces commits within this process. */
@Injectable()
export class SubjectCommits extends Commits {
  private readonly announcements = new Subject<Announcement>();
  private position = 0;

  get lastSeq(): number {
    return this.position;
  }

  announce({ lastSeq, ...announcement }: Announcement): void {
    this.position = Math.max(this.position, lastSeq);
    this.announcements.next({ ...announcement, lastSeq: this.position });
  }

  subscribe(listener: (announcement: Announcement) => void): () => void {
    const subscription = this.announcements.subscribe(listener);
    return () => subscription.unsubscribe();
  }

  close(): void {
    this.announcements.complete();
  }
}
