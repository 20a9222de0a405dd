import { STATUS_CODES } from 'node:http';
import type { FieldProblem, ProblemDto, ProblemKind } from './problem.dto.js';

/** A problem without the members that depend on the request. */
type ProblemExample = Omit<ProblemDto, 'instance' | 'request_id'>;

/** Problems in the OpenAPI document, by example name. Examples with the same status share a response. */
export const PROBLEM_EXAMPLES = {
  malformedQuery: blank(400, 'The query is not percent-encoded UTF-8. Write % as %25.'),
  malformedJson: blank(400, 'The body is not valid JSON: Unexpected end of JSON input.'),
  noApiKey: blank(
    401,
    'An API key is required. Send Authorization: Bearer, followed by the API key, or the header X-API-Key.',
  ),
  unknownApiKey: blank(
    401,
    'The header Authorization has no valid API key. Send Authorization: Bearer, followed by the API key, or the header X-API-Key.',
  ),
  publishScope: blank(403, 'This API key lacks the required scope: publish. Use an API key with this scope.'),
  readScope: blank(403, 'This API key lacks the required scope: read. Use an API key with this scope.'),
  publishTopic: {
    ...blank(403, 'The API key does not permit all of these topics. The request had no effect.'),
    errors: [
      { pointer: '/events/3', detail: 'has the topic "payments", which this API key does not permit' },
    ],
  },
  readTopic: blank(
    403,
    'This API key is limited to some topics. Select one of them, or a pattern, with the parameter topic.',
  ),
  rateLimited: {
    ...blank(
      429,
      'The API key shop may publish 1000 events per second. Nothing was accepted; try again after 3 s.',
    ),
    type: 'urn:problem:rate-limited',
    title: 'Rate limit exceeded',
  },
  noEvent: blank(404, 'No event "order-2001" is stored in topic "orders".'),
  bodyTooLarge: blank(413, 'The body is larger than 16777216 bytes. Split it into smaller requests.'),
  tooManyEvents: blank(413, 'The request has 12000 events; at most 10000 are allowed. Split the batch.'),
  tooManyKeys: blank(413, 'The request has 12000 keys; at most 10000 are allowed. Split the lookup.'),
  publishMediaType: blank(
    415,
    'The media type "text/plain" is not supported here. Send application/json, application/*+json (CloudEvents) or application/x-ndjson (also application/ndjson, application/jsonl, application/x-jsonlines).',
  ),
  mediaType: blank(415, 'The media type "text/plain" is not supported here. Send application/json.'),
  contentEncoding: blank(
    415,
    'The content encoding compress is not supported. Send one of: gzip, deflate, br.',
  ),
  invalidEvents: invalid(
    '2 of 4 events are invalid; nothing was accepted.',
    [
      '/2/data',
      'is not a member of an event; the members are topic, event_id, timestamp, source and payload',
    ],
    ['/3/topic', 'is required'],
  ),
  numberOutOfRange: invalid('The event is invalid; nothing was accepted.', [
    '/payload/total',
    'the exponent of the number is beyond ±1000; send it as a string',
  ]),
  eventTooLarge: {
    ...blank(
      413,
      'An event may have at most 1048576 bytes; nothing was accepted. Store large data elsewhere, and send a reference to it.',
    ),
    errors: [{ pointer: '/1', detail: 'is larger than 1048576 bytes' }],
  },
  noValidLine: {
    ...invalid('The only line is invalid; nothing was stored.'),
    errors: [{ line: 1, pointer: '/topic', detail: 'is required' }],
  },
  invalidKeys: invalid('The lookup is invalid.', ['/keys/0/topic', 'is required']),
  invalidQuery: invalid('The query is invalid: limit.', ['limit', 'must be a whole number from 1 to 1000']),
  unknownParameter: invalid('The query is invalid: limit.', ['limit', 'is not a parameter of this call']),
  foreignCursor: invalid('The cursor is beyond the last event. It may come from another database.', [
    'after',
    'must not be beyond the last event',
  ]),
  queueFull: unavailable(
    'queue-full',
    'Queue full',
    'The queue holds 100000 of 100000 events (35000000 of 67108864 bytes) and has no room for 1 more (350 bytes). Nothing was accepted; try again.',
  ),
  queueUnavailable: unavailable(
    'queue-unavailable',
    'Queue unavailable',
    'The broker did not confirm the events. Try again, or without Prefer: respond-async. Sending them again is safe.',
  ),
  receivingFull: unavailable(
    'receiving-full',
    'Too many bodies at once',
    'The bodies being received fill the memory reserved for them. Nothing was accepted; try again.',
  ),
  sendingFull: unavailable(
    'sending-full',
    'Too many unread responses',
    'Responses that clients have not read yet fill the memory reserved for them. The request had no effect; try again.',
  ),
  readingFull: unavailable(
    'reading-full',
    'Too many scans at once',
    'Too many requests with a source or a pattern wait for the store. Try again, or select one topic.',
  ),
  storeNotWritable: unavailable(
    'store-unavailable',
    'Store unavailable',
    'The events could not be stored. Try again: sending them again is safe, since stored ones become duplicates.',
  ),
  storeNotReadable: unavailable(
    'store-unavailable',
    'Store unavailable',
    'The store cannot be read. Try again.',
  ),
  shuttingDown: unavailable(
    'shutting-down',
    'Shutting down',
    'The service is stopping. Nothing was accepted; try again.',
  ),
  unexpected: blank(
    500,
    'The service failed to process this request and logged the error. Contact the operator.',
  ),
} as const satisfies Record<string, ProblemExample>;

function blank(status: number, detail: string): ProblemExample {
  return { type: 'about:blank', title: STATUS_CODES[status]!, status, detail };
}

function invalid(detail: string, ...errors: readonly [pointer: string, detail: string][]): ProblemExample {
  return {
    type: 'urn:problem:invalid-request',
    title: 'Invalid request',
    status: 422,
    detail,
    errors: errors.map(([pointer, text]): FieldProblem => ({ pointer, detail: text })),
  };
}

function unavailable(kind: ProblemKind, title: string, detail: string): ProblemExample {
  return { type: `urn:problem:${kind}`, title, status: 503, detail };
}
