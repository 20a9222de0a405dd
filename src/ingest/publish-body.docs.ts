import { getSchemaPath } from '@nestjs/swagger';
import { EventDto } from '../event/event.dto.js';
import { EVENT_EXAMPLE, MORE_EVENT_EXAMPLES } from '../event/examples.docs.js';
import { CloudEventDto, EventBatchDto } from './publish-request.dto.js';
import { MAX_EVENTS_PER_REQUEST } from './event-list.js';

const [SECOND, THIRD] = MORE_EVENT_EXAMPLES;
const BATCH = [EVENT_EXAMPLE, SECOND, SECOND];
const NDJSON = [EVENT_EXAMPLE, SECOND, THIRD].map((event) => `${JSON.stringify(event)}\n`).join('');

const CLOUD_EVENT = {
  specversion: '1.0',
  type: 'orders',
  source: 'checkout',
  id: '2004',
  time: '2026-01-31T12:00:04Z',
  data: { total: '2.40' },
};

const arrayOf = (type: new () => object) => ({
  type: 'array' as const,
  items: { $ref: getSchemaPath(type) },
  minItems: 1,
  maxItems: MAX_EVENTS_PER_REQUEST,
});

/**
 * The media types of POST /publish. JSON is first, because tools that support only one media type per body use the
 * first one. Only JSON has named examples. Swagger UI keeps the selected name when the media type changes, so it would
 * show no example for another media type.
 */
export const PUBLISH_BODY = {
  'application/json': {
    schema: {
      oneOf: [{ $ref: getSchemaPath(EventDto) }, arrayOf(EventDto), { $ref: getSchemaPath(EventBatchDto) }],
    },
    examples: {
      one: { summary: 'One event', value: EVENT_EXAMPLE },
      array: { summary: 'A batch as an array, with a retry', value: BATCH },
      batch: { summary: 'The same batch as an object', value: { events: BATCH } },
    },
  },
  'application/x-ndjson': {
    schema: {
      type: 'string' as const,
      description:
        'One event per line, at most 1 MiB per line by default. Blank lines are ignored. `application/ndjson`, `application/jsonl` and `application/x-jsonlines` are equivalent.',
    },
    example: NDJSON,
  },
  'application/cloudevents+json': {
    schema: { $ref: getSchemaPath(CloudEventDto) },
    example: CLOUD_EVENT,
  },
  'application/cloudevents-batch+json': {
    schema: arrayOf(CloudEventDto),
    example: [CLOUD_EVENT],
  },
};
