import { classifyFailure, PublishingError } from '../../src/cli/simulate/failure.js';

describe('the simulator', () => {
  const failure = (status: number, type?: string, headers = {}) =>
    classifyFailure('POST /publish', { status, headers, body: type ? { type } : undefined });

  it.each([
    ['503 queue-full', 503, 'urn:problem:queue-full', false],
    ['503 receiving-full', 503, 'urn:problem:receiving-full', false],
    ['503 sending-full', 503, 'urn:problem:sending-full', false],
    ['503 shutting-down', 503, 'urn:problem:shutting-down', false],
    ['503 store-unavailable', 503, 'urn:problem:store-unavailable', true],
    ['503', 503, undefined, true],
    ['502', 502, undefined, true],
    ['504', 504, undefined, true],
    ['429', 429, undefined, false],
    ['502', 502, undefined, true],
    ['504', 504, undefined, true],
  ])('retries a %s response', (reason, status, type, ambiguous) => {
    expect(failure(status, type)).toEqual({ reason, ambiguous, retryAfterMs: 0 });
  });

  it.each([400, 401, 404, 422, 500, 501])('stops after a %s response', (status) => {
    expect(() => failure(status)).toThrow(PublishingError);
  });

  it('delays the retry by the Retry-After of the response', () => {
    expect(failure(503, undefined, { 'retry-after': '7' }).retryAfterMs).toBe(7_000);
  });
});
