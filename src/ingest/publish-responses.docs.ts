import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { PublishedLines } from './ndjson.dto.js';
import { PublishedBatch, PublishedEvent, QueuedBatch, QueuedEvent } from './publish.dto.js';

const RECEIVED_AT = '2026-01-31T12:00:00.123Z';
const FIRST = { topic: 'orders', event_id: 'order-2001' };
const SECOND = { topic: 'orders', event_id: 'order-2002' };

const event: PublishedEvent = {
  status: 'accepted',
  message: 'stored as event 1',
  received_at: RECEIVED_AT,
  event_id: 'order-2001',
  outcome: 'stored',
  seq: 1,
};
const minimal: PublishedBatch = {
  status: 'accepted',
  message: 'stored: 2, duplicates: 1, conflicts: 0',
  received_at: RECEIVED_AT,
  received: 3,
  stored: 2,
  duplicates: 1,
  conflicts: 0,
};
const batch: PublishedBatch = {
  ...minimal,
  results: [
    { ...FIRST, outcome: 'stored', seq: 1 },
    { ...SECOND, outcome: 'stored', seq: 2 },
    { ...SECOND, outcome: 'duplicate', seq: 2 },
  ],
};
const lines: PublishedLines = {
  received: 3,
  stored: 3,
  duplicates: 0,
  conflicts: 0,
  rejected: 1,
  complete: true,
  errors: [{ line: 4, detail: '/topic is required' }],
};

const queued = { status: 'accepted', message: 'queued, not yet stored', received_at: RECEIVED_AT } as const;
const queuedEvent: QueuedEvent = { ...queued, event_id: 'order-2001', outcome: 'queued' };
const queuedBatch: QueuedBatch = { ...queued, received: 3, outcome: 'queued' };

const HEADERS = {
  'Preference-Applied': {
    description: 'The preference that was applied (RFC 7240).',
    schema: { type: 'string' as const, enum: ['respond-async', 'return=minimal'] },
  },
};

/** Documents the successful responses of POST /publish: 200 after the commit, 202 before it. */
export function ApiPublished(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(PublishedEvent, PublishedBatch, PublishedLines, QueuedEvent, QueuedBatch),
    ApiResponse({
      status: 200,
      description:
        'The events are on disk. The response to one event contains its verdict. The response to a batch contains the counts and one verdict per event. The response to NDJSON contains the counts and the rejected lines.',
      headers: HEADERS,
      content: oneOf([PublishedEvent, PublishedBatch, PublishedLines], {
        one: { summary: 'Response to one event', value: event },
        batch: { summary: 'Response to a batch', value: batch },
        minimal: { summary: 'Response to a batch with Prefer: return=minimal', value: minimal },
        lines: { summary: 'Response to NDJSON', value: lines },
      }),
    }),
    ApiResponse({
      status: 202,
      description:
        'The queue has accepted the events, but they are not stored yet. Returned only with `Prefer: respond-async`.',
      headers: HEADERS,
      content: oneOf([QueuedEvent, QueuedBatch], {
        one: { summary: 'Response to one event', value: queuedEvent },
        batch: { summary: 'Response to a batch', value: queuedBatch },
      }),
    }),
  );
}

function oneOf(
  types: readonly (new () => object)[],
  examples: Record<string, { summary: string; value: object }>,
) {
  const schema = { oneOf: types.map((type) => ({ $ref: getSchemaPath(type) })) };
  return { 'application/json': { schema, examples } };
}
