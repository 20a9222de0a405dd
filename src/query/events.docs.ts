import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { EVENT_EXAMPLE, MISSING_KEY_EXAMPLE, STORED_EVENT_EXAMPLE } from '../event/examples.docs.js';
import { ApiProblems } from '../http/problem.docs.js';
import { EventsPage, StoredEventDto } from './events.dto.js';
import { LookupRequest, LookupResult } from './lookup.dto.js';

const { topic, event_id } = EVENT_EXAMPLE;

/** Documents GET /events. */
export function ApiListEvents(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(EventsPage, StoredEventDto),
    ApiOperation({
      operationId: 'listEvents',
      summary: 'List stored events',
      description: `Returns a page of events, newest first. A page ends after \`limit\` events or 1 MiB.

For the next page, send \`next_cursor\` as \`before\`. With \`order=asc\`, send it as \`after\`. To read every event once while publishers continue, start with \`order=asc&after=0\`.

With \`Accept: application/x-ndjson\`, the response contains all selected events as NDJSON, one \`StoredEvent\` per line. \`limit\` is ignored.

No index supports a filter by \`source\` or by pattern. Such a request scans the events, which takes time linear in their number. At most 4 scans run at a time, and at most 100 wait. Beyond that, a request for a page gets 503 \`reading-full\`, and an NDJSON export waits.`,
    }),
    ApiResponse({
      status: 200,
      description: 'A page of stored events, or all selected events as NDJSON.',
      content: {
        'application/json': { schema: { $ref: getSchemaPath(EventsPage) } },
        'application/x-ndjson': {
          schema: { type: 'string', description: 'One `StoredEvent` per line.' },
          examples: {
            lines: {
              summary: 'One stored event per line',
              value: `${JSON.stringify(STORED_EVENT_EXAMPLE)}\n`,
            },
          },
        },
      },
    }),
    ApiProblems('invalidQuery', 'sendingFull', 'readingFull', 'storeNotReadable'),
  );
}

/** Documents POST /events/lookup. */
export function ApiLookup(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'lookupEvents',
      summary: 'Look up which keys are stored',
      description:
        'Returns which of up to 10 000 keys are stored and which are missing. After a crash, a publisher can look up its events and send only the missing ones.',
    }),
    ApiBody({
      type: LookupRequest,
      examples: {
        keys: { summary: 'Two keys', value: { keys: [{ topic, event_id }, MISSING_KEY_EXAMPLE] } },
      },
    }),
    ApiOkResponse({
      type: LookupResult,
      description: 'The stored and the missing keys, each in the order of the request.',
      example: { stored: [{ topic, event_id, seq: 1 }], missing: [MISSING_KEY_EXAMPLE] },
    }),
    ApiProblems(
      'malformedJson',
      'tooManyKeys',
      'bodyTooLarge',
      'mediaType',
      'contentEncoding',
      'invalidKeys',
      'receivingFull',
      'sendingFull',
      'storeNotReadable',
    ),
  );
}

/** Documents GET /events/{topic}/{event_id}. */
export function ApiGetEvent(): MethodDecorator {
  const part = (example: string) => ({ type: 'string' as const, minLength: 1, maxLength: 255, example });
  return applyDecorators(
    ApiOperation({
      operationId: 'getEvent',
      summary: 'Get one stored event by its key',
      description:
        'Percent-encode both parts of the key. For example, send `/` as `%2F`. Most clients remove the path segments `.` and `..`, even if they are percent-encoded. If the topic or the event_id is `.` or `..`, use `GET /events` with `topic` and `event_id` instead.',
    }),
    ApiParam({ name: 'topic', description: 'Topic of the event.', schema: part(topic) }),
    ApiParam({
      name: 'event_id',
      description: 'Identifies the event within its topic.',
      schema: part(event_id),
    }),
    ApiOkResponse({ type: StoredEventDto, description: 'The stored event.' }),
    ApiProblems('noEvent', 'sendingFull', 'storeNotReadable'),
  );
}
