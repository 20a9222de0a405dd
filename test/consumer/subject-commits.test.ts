import { SubjectCommits } from '../../src/consumer/subject-commits.js';
import { describeCommits } from './commits.contract.js';

describeCommits('SubjectCommits', () => new SubjectCommits());
