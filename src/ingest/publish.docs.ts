import { applyDecorators } from '@nestjs/common';
import { type ApiBodyOptions, ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { EventDto } from './event.dto.js';
import { PublishedBatch, PublishedEvent, QueuedBatch, QueuedEvent } from './publish.answer.js';
import { MAX_EVENTS_PER_REQUEST } from './publish.body.js';

const event = {
  topic: 'orders',
  event_id: 'order-1001',
  timestamp: '2026-01-31T12:00:00.000Z',
  source: 'checkout',
  payload: { order: 1001, total: '49.90' },
};
const another = { ...event, event_id: 'order-1002', payload: { order: 1002, total: '5.00' } };

const events = {
  type: 'array' as const,
  items: { $ref: getSchemaPath(EventDto) },
  minItems: 1,
  maxItems: MAX_EVENTS_PER_REQUEST,
};

/** The three shapes of a body, with examples that "Try it out" sends as they stand. */
export const PUBLISH_BODY: ApiBodyOptions = {
  schema: {
    oneOf: [
      { $ref: getSchemaPath(EventDto) },
      events,
      { type: 'object', properties: { events }, required: ['events'] },
    ],
  },
  examples: {
    one: { summary: 'One event', value: event },
    array: { summary: 'An array of events, with a repeat', value: [event, another, another] },
    batch: { summary: 'The same as an object', value: { events: [event, another] } },
  },
};

const preferenceApplied = {
  'Preference-Applied': {
    description: 'The preferences that were followed.',
    schema: { type: 'string' as const },
  },
};

/** 200: on disk. */
export function ApiPublished(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(PublishedEvent, PublishedBatch),
    ApiResponse({
      status: 200,
      description: 'The events are on disk. One event gets its verdict, many get the sums and each verdict.',
      headers: preferenceApplied,
      content: oneOf(PublishedEvent, PublishedBatch),
    }),
  );
}

/** 202: taken, not yet stored. */
export function ApiQueued(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(QueuedEvent, QueuedBatch),
    ApiResponse({
      status: 202,
      description: 'With `Prefer: respond-async`: the queue has taken the events.',
      headers: preferenceApplied,
      content: oneOf(QueuedEvent, QueuedBatch),
    }),
  );
}

function oneOf(...models: (new () => object)[]) {
  return {
    'application/json': { schema: { oneOf: models.map((model) => ({ $ref: getSchemaPath(model) })) } },
  };
}
