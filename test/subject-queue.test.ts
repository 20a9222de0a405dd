import { describeQueue } from './queue.contract.js';
import { loadConfig } from '../src/config.js';
import { SubjectQueue } from '../src/queue/subject-queue.js';

describeQueue('SubjectQueue', ({ capacity, capacityBytes, batchMaxEvents }) => {
  const config = loadConfig({});
  return new SubjectQueue({
    ...config,
    QUEUE_CAPACITY: capacity,
    QUEUE_CAPACITY_BYTES: capacityBytes,
    BATCH_MAX_EVENTS: batchMaxEvents,
  });
});
