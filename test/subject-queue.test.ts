import { describeQueue } from './queue.contract.js';
import { loadConfig } from '../src/config.js';
import { SubjectQueue } from '../src/queue/subject-queue.js';

describeQueue('SubjectQueue', ({ capacity, capacityBytes, batchMaxEvents }) => {
  const environment = {
    QUEUE_CAPACITY: String(capacity),
    QUEUE_CAPACITY_BYTES: String(capacityBytes),
    BATCH_MAX_EVENTS: String(batchMaxEvents),
  };
  return new SubjectQueue(loadConfig(environment));
});
