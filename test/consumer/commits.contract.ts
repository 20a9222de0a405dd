import type { Announcement, Commits, OwnCommit } from '../../src/consumer/commits.js';

/** Returns a commit of this instance that reaches `lastSeq`. */
export function aCommit(lastSeq: number): OwnCommit {
  return { batch: [], verdicts: [], stored: 0, ms: 1, lastSeq, processedAt: '2026-01-31T12:00:00.000Z' };
}

/** Checks what every implementation of `Commits` promises. */
export function describeCommits(name: string, create: () => Commits): void {
  describe(name, () => {
    const start = () => {
      const commits = create();
      const received: Announcement[] = [];
      commits.subscribe((announcement) => received.push(announcement));
      return { commits, received };
    };

    it('passes announcements to every subscriber, in order', () => {
      const { commits, received } = start();
      const also: Announcement[] = [];
      commits.subscribe((announcement) => also.push(announcement));
      const own = aCommit(2);
      commits.announce({ lastSeq: 1 });
      commits.announce({ lastSeq: 2, own });
      expect(received).toEqual([{ lastSeq: 1 }, { lastSeq: 2, own }]);
      expect(also).toEqual(received);
      expect(commits.lastSeq).toBe(2);
    });

    it('announces a commit that stored nothing', () => {
      const { commits, received } = start();
      commits.announce({ lastSeq: 1, own: aCommit(1) });
      commits.announce({ lastSeq: 1, own: aCommit(1) });
      expect(received).toHaveLength(2);
    });

    it('does not decrease lastSeq when announcements of other instances arrive out of order', () => {
      const { commits, received } = start();
      commits.announce({ lastSeq: 10 });
      const own = aCommit(8);
      commits.announce({ lastSeq: 8, own });
      expect(received[1]).toEqual({ lastSeq: 10, own });
      expect(commits.lastSeq).toBe(10);
    });

    it('starts at 0 and passes no announcement made before the subscription', () => {
      const commits = create();
      expect(commits.lastSeq).toBe(0);
      commits.announce({ lastSeq: 3 });
      const received: Announcement[] = [];
      commits.subscribe((announcement) => received.push(announcement));
      expect(received).toEqual([]);
      expect(commits.lastSeq).toBe(3);
    });

    it('passes no announcement to a listener that has unsubscribed', () => {
      const { commits, received } = start();
      const left: Announcement[] = [];
      const unsubscribe = commits.subscribe((announcement) => left.push(announcement));
      commits.announce({ lastSeq: 1 });
      unsubscribe();
      commits.announce({ lastSeq: 2 });
      expect(left).toHaveLength(1);
      expect(received).toHaveLength(2);
    });

    it('passes no announcement after it was closed', () => {
      const { commits, received } = start();
      commits.close();
      commits.announce({ lastSeq: 1 });
      expect(received).toEqual([]);
    });
  });
}
