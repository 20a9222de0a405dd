import type { Registry } from '@prometheus-io/client';
import type { Commits } from '../consumer/commits.js';
import type { Store } from '../store/store.js';
import { Distribution } from './distribution.js';
import { type MetricInfo, registerMetric } from './metric.js';

const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2];
const COMMIT_EVENTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const CHECKPOINT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Registers what the commits of this process count. Returns a function that ends the subscriptions. */
export function registerCommits(registry: Registry, commits: Commits, store: Store): () => void {
  const seconds = new Distribution(COMMIT_SECONDS);
  const events = new Distribution(COMMIT_EVENTS);
  const checkpoints = new Distribution(CHECKPOINT_SECONDS);
  let lastCommitAt: number | undefined;
  const unsubscribe = commits.subscribe(({ own }) => {
    if (!own) return;
    lastCommitAt = Date.now() / 1000;
    seconds.observe(own.ms / 1000);
    events.observe(own.verdicts.length);
  });
  const subscription = store.checkpointMs.subscribe((ms) => checkpoints.observe(ms / 1000));

  registerDistribution('aggregator_commit_duration_seconds', 'Time of a commit, with its fsync.', seconds);
  registerDistribution('aggregator_commit_events', 'Events of a commit.', events);
  if (!store.isShared)
    registerDistribution(
      'aggregator_checkpoint_duration_seconds',
      'Time of a checkpoint of the WAL.',
      checkpoints,
    );
  register('aggregator_last_commit_timestamp_seconds', 'Time of the last commit of this process.', () =>
    lastCommitAt === undefined ? [] : [{ value: lastCommitAt }],
  );
  return () => {
    unsubscribe();
    subscription.unsubscribe();
  };

  function register(name: string, help: string, read: Parameters<typeof registerMetric>[2]): void {
    registerMetric(registry, { name, help, type: 'gauge' }, read);
  }
  function registerDistribution(name: string, help: string, distribution: Distribution): void {
    const info: MetricInfo = { name, help, type: 'histogram' };
    registerMetric(registry, info, () => distribution.samples(name));
  }
}
