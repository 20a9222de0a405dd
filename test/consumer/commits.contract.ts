import type { Announcement, Commits, OwnCommit } from '../../src/consumer/commits.js';

/** Returns a commit of this instance that reaches `lastSeq`. */
export function aCommit(lastSeq: number): OwnCommit {
  return { batch: [], verdicts: [], stored: 0, lastSeq, processedAt: '2026-01-31T12:00:00.000Z' };
}

/** Checks what every implementation of `Commits` promises. */
export function describeCommits(name: string, create: () => Commits): void {
  describe(name, () => {
    const start = () => {
      const commits = create();
      const heard: Announcement[] = [];
      commits.subscribe((announcement) => heard.push(announcement));
      return { commits, heard };
    };

    it('passes announcements to every subscriber, in order', () => {
      const { commits, heard } = start();
      const also: Announcement[] = [];
      commits.subscribe((announcement) => also.push(announcement));
      const own = aCommit(2);
      commits.announce({ lastSeq: 1 });
      commits.announce({ lastSeq: 2, own });
      expect(heard).toEqual([{ lastSeq: 1 }, { lastSeq: 2, own }]);
      expect(also).toEqual(heard);
      expect(commits.lastSeq).toBe(2);
    });

    it('announces a commit that stored nothing', () => {
      const { commits, heard } = start();
      commits.announce({ lastSeq: 1, own: aCommit(1) });
      commits.announce({ lastSeq: 1, own: aCommit(1) });
      expect(heard).toHaveLength(2);
    });

    it('never lets lastSeq decrease when commits and news of other instances arrive out of order', () => {
      const { commits, heard } = start();
      commits.announce({ lastSeq: 10 });
      const own = aCommit(8);
      commits.announce({ lastSeq: 8, own });
      expect(heard[1]).toEqual({ lastSeq: 10, own });
      expect(commits.lastSeq).toBe(10);
    });

    it('starts at 0 and passes nothing from before the subscription', () => {
      const commits = create();
      expect(commits.lastSeq).toBe(0);
      commits.announce({ lastSeq: 3 });
      const heard: Announcement[] = [];
      commits.subscribe((announcement) => heard.push(announcement));
      expect(heard).toEqual([]);
      expect(commits.lastSeq).toBe(3);
    });

    it('passes nothing to a listener that has unsubscribed', () => {
      const { commits, heard } = start();
      const left: Announcement[] = [];
      const unsubscribe = commits.subscribe((announcement) => left.push(announcement));
      commits.announce({ lastSeq: 1 });
      unsubscribe();
      commits.announce({ lastSeq: 2 });
      expect(left).toHaveLength(1);
      expect(heard).toHaveLength(2);
    });

    it('passes nothing after it was closed', () => {
      const { commits, heard } = start();
      commits.close();
      commits.announce({ lastSeq: 1 });
      expect(heard).toEqual([]);
    });
  });
}
