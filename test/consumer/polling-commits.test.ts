import type { Announcement } from '../../src/consumer/commits.js';
import { PollingCommits } from '../../src/consumer/polling-commits.js';
import { until } from '../harness/until.js';
import { aCommit, describeCommits } from './commits.contract.js';

/** Returns the commits of an instance and a store whose last seq a test sets. Calls `onPoll` after each poll. */
function withStore(onPoll = () => {}) {
  const store = { seq: 0, polls: 0, fails: false };
  const commits = new PollingCommits({
    lastSeq: async () => {
      store.polls++;
      setImmediate(onPoll);
      if (store.fails) throw new Error('The store fails.');
      return store.seq;
    },
  });
  const received: Announcement[] = [];
  commits.subscribe((announcement) => received.push(announcement));
  const poll = async () => {
    const before = store.polls;
    await until(() => store.polls > before, 'the store is polled');
  };
  return { store, commits, received, poll };
}

describeCommits('PollingCommits', () => withStore().commits);

describe('PollingCommits', () => {
  it('announces a commit of another instance once, also after the store has failed', async () => {
    const { store, commits, received, poll } = withStore();
    store.fails = true;
    store.seq = 3;
    await poll();
    store.fails = false;
    await until(() => received.length > 0, 'the commit is announced');
    await poll();
    await poll();
    expect(received).toEqual([{ lastSeq: 3 }]);
    expect(commits.lastSeq).toBe(3);
    commits.close();
  });

  it('announces a commit of this instance with its events, although a poll finds it first', async () => {
    const own = aCommit(2);
    const { store, commits, received, poll } = withStore(() => {
      if (commits.lastSeq < store.seq) commits.announce({ lastSeq: 2, own });
    });
    store.seq = 2;
    await poll();
    await poll();
    await poll();
    expect(received).toEqual([{ lastSeq: 2, own }]);
    commits.close();
  });

  it('does not poll after it was closed', async () => {
    const { store, commits, poll } = withStore();
    await poll();
    commits.close();
    const { polls } = store;
    const other = withStore();
    await other.poll();
    await other.poll();
    other.commits.close();
    expect(store.polls).toBe(polls);
  });
});
