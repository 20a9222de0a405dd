import fc from 'fast-check';
import {
  anyBytes,
  anyEvent,
  anyHeaders,
  anyMethod,
  anyPath,
  anyQuery,
  type RawRequest,
} from '../harness/any-request.js';
import { CheckedRequests, JSON_TYPE } from '../harness/checked-requests.js';

const requests = await CheckedRequests.start();
afterEach(() => requests.expectCounters());

const withoutBody = (
  method: fc.Arbitrary<string>,
  target: fc.Arbitrary<string>,
  headers: fc.Arbitrary<RawRequest['headers']> = fc.constant([]),
): fc.Arbitrary<RawRequest> => fc.record({ method, target, headers, body: fc.constant(Buffer.alloc(0)) });

describe('a request with arbitrary headers', () => {
  it('to POST /publish gets a status below 500, or 503', async () => {
    const headers = fc.oneof(
      anyHeaders,
      anyHeaders.map((any) => [JSON_TYPE, ...any]),
    );
    const body = fc.oneof(
      anyEvent.map((text) => Buffer.from(text)),
      anyBytes,
    );
    const [method, target] = [fc.constant('POST'), fc.constant('/publish')];
    await requests.sendAll(fc.record({ method, target, headers, body }), 120);
  });

  it('to a GET or HEAD endpoint gets a status below 500, or 503', async () => {
    const target = fc.constantFrom(
      '/',
      '/stats',
      '/events',
      '/events/orders/x',
      '/health',
      '/docs',
      '/openapi.json',
    );
    await requests.sendAll(withoutBody(fc.constantFrom('GET', 'HEAD'), target, anyHeaders), 80);
  });
});

describe('a request to an arbitrary target', () => {
  it('gets a status below 500, or 503, for every method', async () => {
    const target = fc.tuple(anyPath, fc.oneof(fc.constant(''), anyQuery)).map((parts) => parts.join('?'));
    await requests.sendAll(withoutBody(anyMethod, target), 120);
  });

  it('gets a status below 500, or 503, for an arbitrary query', async () => {
    const path = fc.constantFrom('/events', '/events/stream', '/stats', '/topics', '/docs', '/publish');
    const target = fc.tuple(path, anyQuery).map((parts) => parts.join('?'));
    await requests.sendAll(withoutBody(fc.constant('GET'), target), 120);
  });
});
