import { classifyFailure, PublishingError } from '../../src/cli/simulate/failure.js';
import { parseRetryAfterMs } from '../../src/cli/simulate/backoff.js';
import { readVerdict, readVerdicts } from '../../src/cli/simulate/verdicts.js';
import type { PublishedBatch, PublishedEvent } from '../../src/ingest/publish.dto.js';
import { events } from '../harness/an-event.js';

const [first, second] = events(2) as [ReturnType<typeof events>[0], ReturnType<typeof events>[0]];
const result = ({ topic, event_id }: typeof first, outcome: 'stored' | 'duplicate', seq: number) => ({
  topic,
  event_id,
  outcome,
  seq,
});
const answer = {
  received: 2,
  stored: 1,
  duplicates: 1,
  conflicts: 0,
  results: [result(first, 'stored', 1), result(second, 'duplicate', 7)],
} as PublishedBatch;

describe('the verdicts that the simulator reads', () => {
  it('are those on the events it sent', () => {
    expect(readVerdicts(answer, [first, second])).toMatchObject([
      { outcome: 'stored', seq: 1 },
      { outcome: 'duplicate', seq: 7 },
    ]);
    const one = result(first, 'stored', 1) as unknown as PublishedEvent;
    expect(readVerdict(one, first)).toMatchObject({ outcome: 'stored', seq: 1 });
  });

  it.each([
    [
      'miss an event',
      { ...answer, results: answer.results!.slice(1) },
      /2 events were sent, 1 have a verdict/,
    ],
    ['come in another order', { ...answer, results: answer.results!.toReversed() }, /the verdict on event-/],
    ['do not add up', { ...answer, duplicates: 0 }, /the sums .* differ from the verdicts/],
  ])('are rejected if they %s', (_, wrong, message) => {
    expect(() => readVerdicts(wrong, [first, second])).toThrow(PublishingError);
    expect(() => readVerdicts(wrong, [first, second])).toThrow(message);
  });

  it('are rejected if they name another event', () => {
    expect(() => readVerdict(result(second, 'stored', 1) as unknown as PublishedEvent, first)).toThrow(
      /was sent/,
    );
  });
});

describe('a response other than 200', () => {
  const failure = (status: number, type?: string, headers = {}) =>
    classifyFailure('POST /publish', { status, headers, body: type ? { type } : undefined });

  it.each([
    [503, 'urn:problem:queue-full', '503 queue-full', false],
    [503, 'urn:problem:receiving-full', '503 receiving-full', false],
    [503, 'urn:problem:shutting-down', '503 shutting-down', false],
    [503, 'urn:problem:store-unavailable', '503 store-unavailable', true],
    [503, undefined, '503', true],
    [429, undefined, '429', false],
  ])('of %s %s is retried, for the reason %s', (status, type, reason, ambiguous) => {
    expect(failure(status, type)).toEqual({ reason, ambiguous, retryAfterMs: 0 });
  });

  it.each([400, 401, 404, 422, 500])('of %s ends the run', (status) => {
    expect(() => failure(status)).toThrow(PublishingError);
  });

  it('delays the retry by its Retry-After', () => {
    expect(failure(503, undefined, { 'retry-after': '7' }).retryAfterMs).toBe(7_000);
  });
});

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['30', 30_000],
    ['-1', 0],
    ['soon', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    [undefined, 0],
  ])('%s is %s ms', (header, ms) => {
    expect(parseRetryAfterMs(header)).toBe(ms);
  });

  it('may be a date', () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    const ms = parseRetryAfterMs(inAnHour);
    expect(ms > 3_000_000 && ms <= 3_600_000).toBe(true);
  });
});
