import fc from 'fast-check';
import { anyBrokenJson, anyBytes, anyJsonBody, type RawRequest } from '../harness/any-request.js';
import { CheckedRequests } from '../harness/checked-requests.js';

const requests = await CheckedRequests.start();

const anyLookup = fc.record({
  type: fc.constantFrom('application/json', 'application/x-ndjson', 'application/cloudevents+json'),
  body: fc.oneof(
    anyJsonBody.map((json) => Buffer.from(`{"keys":${json}}`)),
    anyBrokenJson.map((json) => Buffer.from(json)),
    anyBytes,
  ),
});

describe('POST /events/lookup', () => {
  it('responds to an arbitrary body with a status below 500, or 503, and counts nothing', async () => {
    const lookups: fc.Arbitrary<RawRequest> = anyLookup.map(({ type, body }) => ({
      method: 'POST',
      target: '/events/lookup',
      headers: [['content-type', type]],
      body,
    }));
    await requests.sendAll(lookups, 60);
  });
});
