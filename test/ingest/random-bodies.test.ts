import fc from 'fast-check';
import {
  anyBrokenJson,
  anyBytes,
  anyCloudEventHeaders,
  anyCompressed,
  anyJsonBody,
  anyLines,
  type RawRequest,
} from '../harness/any-request.js';
import { CheckedRequests, publishRequest } from '../harness/checked-requests.js';

const requests = await CheckedRequests.start();
afterEach(() => requests.expectCounters());

const publishing = (body: fc.Arbitrary<Buffer>, type: string): fc.Arbitrary<RawRequest> =>
  body.map((sent) => ({ method: 'POST', target: '/publish', headers: [['content-type', type]], body: sent }));

const toBytes = (text: string) => Buffer.from(text);
const anyJsonBytes = anyJsonBody.map(toBytes);

describe('a body of POST /publish', () => {
  it('of arbitrary JSON gets a status below 500, or 503, and is counted only if accepted', async () => {
    await requests.sendAll(publishing(anyJsonBytes, 'application/json'), 120);
  });

  it('of malformed JSON gets a status below 500, or 503, and is counted only if accepted', async () => {
    await requests.sendAll(publishing(anyBrokenJson.map(toBytes), 'application/json'), 120);
  });

  it('of random bytes gets a status below 500, or 503, and is counted only if accepted', async () => {
    await requests.sendAll(publishing(anyBytes, 'application/json'), 40);
  });

  it('with a valid or invalid content encoding gets a status below 500, or 503', async () => {
    const compressed = anyCompressed.map(({ encoding, body }) =>
      publishRequest(body, [['content-encoding', encoding]]),
    );
    await requests.sendAll(compressed, 100);
  });

  it('of NDJSON gets a status below 500, or 503, and its valid lines are counted', async () => {
    const body = fc.oneof(anyLines.map(toBytes), anyBytes);
    await requests.sendAll(publishing(body, 'application/x-ndjson'), 80);
  });

  it('of a CloudEvents media type gets a status below 500, or 503, and is counted only if accepted', async () => {
    const types = ['application/cloudevents+json', 'application/cloudevents-batch+json', 'application/json'];
    const cloudEvents = fc.oneof(...types.map((type) => publishing(anyJsonBytes, type)));
    await requests.sendAll(
      fc
        .tuple(cloudEvents, anyCloudEventHeaders)
        .map(([request, more]) => ({ ...request, headers: [...request.headers, ...more] })),
      80,
    );
  });
});
