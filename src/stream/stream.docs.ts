import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { STORED_EVENT_EXAMPLE } from '../event/examples.docs.js';
import { ApiProblems } from '../http/problem.docs.js';

/** Documents GET /events/stream. */
export function ApiStreamEvents(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'streamEvents',
      summary: 'Stream events as they are stored',
      description: `Sends the stored events after the cursor, then each event once it is stored, in commit order, as server-sent events. The response does not end, so Swagger UI cannot show it. Read it with a client for server-sent events, or:

    curl -N 'http://localhost:8080/events/stream?topic=orders&after=0'

A client that reconnects with \`Last-Event-ID\`, as EventSource does, continues after that event. No event is missed or repeated. Without a cursor, the stream starts with the next event.

A comment every 15 s keeps the connection open. A subscriber that reads slowly delays no other subscriber.`,
    }),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description:
        'The `id` after which the stream continues, which is a `seq`. Takes precedence over `after`.',
      schema: { type: 'string', pattern: '^[0-9]{1,16}$' },
    }),
    ApiResponse({
      status: 200,
      description:
        'In each event, `id` is its `seq`, `event` is `event`, and `data` is a `StoredEvent` as JSON.',
      content: {
        'text/event-stream': {
          schema: { type: 'string' },
          example: `id: 1\nevent: event\ndata: ${JSON.stringify(STORED_EVENT_EXAMPLE)}\n\n`,
        },
      },
    }),
    ApiProblems('invalidQuery', 'foreignCursor', 'storeNotReadable'),
  );
}
