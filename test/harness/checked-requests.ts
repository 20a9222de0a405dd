import fc from 'fast-check';
import type { RawRequest } from './any-request.js';
import { RawConnection } from './raw.js';
import { Service } from './service.js';
import { until } from './until.js';

export const JSON_TYPE = ['content-type', 'application/json'] as const;

/** Sends raw requests to a service. Checks each response, and that the counters match the accepted events. */
export class CheckedRequests {
  /** Events in 2xx responses. A test that sends events in another way adds them. */
  accepted = 0;

  private constructor(readonly service: Service) {}

  /** Starts a service with a small limit for bodies, and a queue that holds five of them. */
  static async start(bodyLimitBytes = 200_000): Promise<CheckedRequests> {
    return new CheckedRequests(
      await Service.start({
        BODY_LIMIT_BYTES: String(bodyLimitBytes),
        QUEUE_CAPACITY_BYTES: String(5 * bodyLimitBytes),
      }),
    );
  }

  /** Sends a request and checks its response. Resolves with the status, or 0 if there is no response. */
  async send(request: RawRequest): Promise<number> {
    const connection = RawConnection.open(this.service.url).send(serialize(request));
    const response = await connection.response(request.method);
    connection.close();
    if (!response) {
      expect(request.method).toBe('CONNECT'); // The only method without a response.
      return 0;
    }
    const { status, body } = response;
    if (status >= 500) expect(response).toMatchObject({ status: 503 });
    if (status >= 400 && request.method !== 'HEAD') expect(JSON.parse(body)).toMatchObject({ status });
    if (request.target === '/publish' && status < 300)
      this.accepted += (JSON.parse(body) as { received?: number }).received ?? 1;
    return status;
  }

  /** Sends JSON to `POST /publish`. */
  publish(body: string | Buffer, headers: RawRequest['headers'] = []): Promise<number> {
    return this.send(publishRequest(body, headers));
  }

  /** Sends generated requests, eight at a time, and checks each response and the counters. */
  sendAll(request: fc.Arbitrary<RawRequest>, rounds: number): Promise<void> {
    return fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 8, maxLength: 8 }), async (requests) => {
        await Promise.all(requests.map((one) => this.send(one)));
        await this.expectCounters();
      }),
      { numRuns: rounds },
    );
  }

  /** Expects that exactly the events of 2xx responses are counted. */
  async expectCounters(): Promise<void> {
    await until(async () => (await this.service.stats()).queue_depth === 0, 'the queue is empty');
    const { received, unique_processed, duplicate_dropped } = await this.service.stats();
    const expected = this.accepted;
    this.accepted = received; // Reports a fault only once.
    expect([received, unique_processed + duplicate_dropped]).toEqual([expected, expected]);
  }
}

/** Returns a request that publishes JSON. */
export function publishRequest(body: string | Buffer, headers: RawRequest['headers'] = []): RawRequest {
  return { method: 'POST', target: '/publish', headers: [JSON_TYPE, ...headers], body: Buffer.from(body) };
}

/** Returns the bytes of a request, with a Content-Length if it has a body. */
export function serialize({ method, target, headers, body }: RawRequest): Buffer {
  const length = body.length > 0 ? [['content-length', String(body.length)]] : [];
  const lines = [['host', 'a'], ...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    body,
  ]);
}
