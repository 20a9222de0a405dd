import { newEvents, submissionOf } from '../harness/new-event.js';
import type { OwnCommit } from '../../src/consumer/commits.js';
import { SubjectCommits } from '../../src/consumer/subject-commits.js';
import type { Feed } from '../../src/stream/feed.js';
import { LiveWindow } from '../../src/stream/live-window.js';

/** Returns a commit of `stored` new events after the seq `after`. */
function aCommit(after: number, stored: number): OwnCommit {
  const events = newEvents(stored);
  const verdicts = events.map((_, index) => ({ outcome: 'stored' as const, seq: after + index + 1 }));
  return {
    batch: [submissionOf(...events)],
    verdicts,
    stored,
    ms: 1,
    lastSeq: after + stored,
    processedAt: '2026-01-31T12:00:00.000Z',
  };
}

describe('LiveWindow', () => {
  let commits: SubjectCommits;
  let window: LiveWindow;
  let feed: Feed;
  beforeEach(() => {
    commits = new SubjectCommits();
    window = new LiveWindow(commits);
    window.setActive(true);
    feed = window.join({});
  });

  const announceOwn = (commit: OwnCommit) => commits.announce({ lastSeq: commit.lastSeq, own: commit });
  const covers = (seq: number) => window.covers(seq, feed);
  const matchAll = () => {
    while (window.hasUnmatched) window.matchNext({ isOver: false });
  };
  const seqsAfter = (seq: number) => {
    matchAll();
    const { text } = window.partAfter(seq, feed, { targetBytes: Infinity, maxBytes: Infinity });
    return [...text.toString().matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  };

  it('serves the events of consecutive commits of this instance', () => {
    announceOwn(aCommit(0, 2));
    announceOwn(aCommit(2, 1));
    expect(covers(0)).toBe(true);
    expect(seqsAfter(0)).toEqual([1, 2, 3]);
    expect(seqsAfter(2)).toEqual([3]);
  });

  it('covers nothing before a commit of another instance, so that subscribers read it from the store', () => {
    announceOwn(aCommit(0, 2));
    commits.announce({ lastSeq: 5 });
    expect(window.lastSeq).toBe(5);
    expect(covers(2)).toBe(false);
    expect(covers(5)).toBe(true);
    announceOwn(aCommit(5, 1));
    expect(covers(5)).toBe(true);
    expect(seqsAfter(5)).toEqual([6]);
  });

  it('does not cover events before a gap in its own commits', () => {
    announceOwn(aCommit(0, 1));
    announceOwn(aCommit(4, 2));
    expect(window.lastSeq).toBe(6);
    expect(covers(1)).toBe(false);
    expect(covers(5)).toBe(false);
  });

  it('ignores its own commit if a higher seq was announced before', () => {
    commits.announce({ lastSeq: 10 });
    announceOwn(aCommit(7, 1));
    expect(window.lastSeq).toBe(10);
    expect(covers(9)).toBe(false);
  });

  it('serves no event again that an earlier commit of the same submission stored', () => {
    announceOwn(aCommit(0, 2));
    const commit = aCommit(2, 1);
    announceOwn({
      ...commit,
      batch: [...commit.batch, submissionOf(...newEvents(1))],
      verdicts: [...commit.verdicts, { outcome: 'stored', seq: 2 }],
    });
    expect(seqsAfter(0)).toEqual([1, 2, 3]);
  });

  it('keeps no event while no subscriber is connected', () => {
    window.setActive(false);
    announceOwn(aCommit(0, 1));
    expect(window.lastSeq).toBe(1);
    expect(covers(0)).toBe(false);
  });
});
