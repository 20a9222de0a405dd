import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, type ApiOperationOptions, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { EventDto } from '../event/event.dto.js';
import { PublishedBatch, PublishedEvent, PublishedLines, QueuedBatch, QueuedEvent } from './publish.dto.js';
import { MAX_EVENTS_PER_REQUEST } from './read-events.js';

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
const JSON_BODY = {
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

const cloudEvent = {
  specversion: '1.0',
  type: 'orders',
  source: 'checkout',
  id: '1003',
  time: '2026-01-31T12:00:00.000Z',
  data: { order: 1003 },
};
const cloudEventSchema = {
  type: 'object' as const,
  description:
    'A CloudEvent 1.0: type is the topic, source#id (with % and # in source escaped as %25 and %23) the event_id, data the payload.',
  properties: Object.fromEntries(
    Object.keys(cloudEvent).map((name) => [name, name === 'data' ? {} : { type: 'string' as const }]),
  ),
  required: ['specversion', 'type', 'source', 'id'],
};

/** Every media type that publish takes. */
const CONTENT = {
  'application/json': JSON_BODY,
  'application/x-ndjson': {
    schema: {
      type: 'string',
      description: 'An event a line, any number of them; a bad line is refused alone.',
    },
    example: `${JSON.stringify(event)}\n${JSON.stringify(another)}\n`,
  },
  'application/cloudevents+json': { schema: cloudEventSchema, example: cloudEvent },
  'application/cloudevents-batch+json': {
    schema: { type: 'array', items: cloudEventSchema },
    example: [cloudEvent],
  },
};

export const PUBLISH_OPERATION: ApiOperationOptions = {
  operationId: 'publish',
  summary: 'Publish one event or many',
  description:
    'The answer comes when the events are on disk, with a verdict for each. A batch is checked whole and stored whole: one bad event refuses it. NDJSON is stored as it comes, in the order of its lines, each of at most 1 MiB. CloudEvents are also taken in binary mode: `ce-id`, `ce-source`, `ce-type`, `ce-specversion` and perhaps `ce-time` are headers, the body is the data. Bodies may be compressed (gzip, deflate, br).',
  requestBody: { required: true, content: CONTENT },
};

/** 200: on disk. */
export function ApiPublished(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(PublishedEvent, PublishedBatch, PublishedLines),
    ApiResponse({
      status: 200,
      description:
        'The events are on disk. One event gets its verdict, many get the sums and each verdict, NDJSON gets the sums and its bad lines.',
      headers: preferenceApplied,
      content: oneOf(PublishedEvent, PublishedBatch, PublishedLines),
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
