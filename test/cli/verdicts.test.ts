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
const response = {
  received: 2,
  stored: 1,
  duplicates: 1,
  conflicts: 0,
  results: [result(first, 'stored', 1), result(second, 'duplicate', 7)],
} as PublishedBatch;

describe('the simulator', () => {
  it('reads the verdict on each event that it sent', () => {
    expect(readVerdicts(response, [first, second])).toMatchObject([
      { outcome: 'stored', seq: 1 },
      { outcome: 'duplicate', seq: 7 },
    ]);
    const one = result(first, 'stored', 1) as unknown as PublishedEvent;
    expect(readVerdict(one, first)).toMatchObject({ outcome: 'stored', seq: 1 });
  });

  it.each([
    [
      'omit an event',
      { ...response, results: response.results!.slice(1) },
      /2 events were sent, but 1 have a verdict/,
    ],
    [
      'are in a different order',
      { ...response, results: response.results!.toReversed() },
      /event-1 was sent, but the verdict is on event-2/,
    ],
    ['differ from the totals', { ...response, duplicates: 0 }, /the sums .* differ from the verdicts/],
  ])('rejects verdicts that %s', (_, wrong, message) => {
    expect(() => readVerdicts(wrong, [first, second])).toThrow(PublishingError);
    expect(() => readVerdicts(wrong, [first, second])).toThrow(message);
  });

  it('rejects a verdict that names another event', () => {
    expect(() => readVerdict(result(second, 'stored', 1) as unknown as PublishedEvent, first)).toThrow(
      /was sent/,
    );
  });

  const failure = (status: number, type?: string, headers = {}) =>
    classifyFailure('POST /publish', { status, headers, body: type ? { type } : undefined });

  it.each([
    ['503 queue-full', 503, 'urn:problem:queue-full', false],
    ['503 receiving-full', 503, 'urn:problem:receiving-full', false],
    ['503 shutting-down', 503, 'urn:problem:shutting-down', false],
    ['503 store-unavailable', 503, 'urn:problem:store-unavailable', true],
    ['503', 503, undefined, true],
    ['429', 429, undefined, false],
  ])('retries a %s response', (reason, status, type, ambiguous) => {
    expect(failure(status, type)).toEqual({ reason, ambiguous, retryAfterMs: 0 });
  });

  it.each([400, 401, 404, 422, 500])('stops after a %s response', (status) => {
    expect(() => failure(status)).toThrow(PublishingError);
  });

  it('delays the retry by the Retry-After of the response', () => {
    expect(failure(503, undefined, { 'retry-after': '7' }).retryAfterMs).toBe(7_000);
  });
});

describe('a Retry-After header', () => {
  it.each([
    ['0', 0],
    ['30', 30_000],
    ['-1', 0],
    ['soon', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    [undefined, 0],
  ])('of %s delays the retry by %s ms', (header, ms) => {
    expect(parseRetryAfterMs(header)).toBe(ms);
  });

  it('of a date delays the retry until that date', () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    const ms = parseRetryAfterMs(inAnHour);
    expect(ms > 3_000_000 && ms <= 3_600_000).toBe(true);
  });
});
