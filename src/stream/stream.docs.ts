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
      description: `Sends the stored events after the cursor, and then each new event once it is stored. The events are server-sent events in commit order. The response does not end, so Swagger UI cannot show it. Use a client for server-sent events, or:

    curl -N 'http://localhost:8080/events/stream?topic=orders&after=0'

A client that reconnects with \`Last-Event-ID\`, as EventSource does, continues after that event. No event is missed or repeated. Without a cursor, the stream starts with the next event.

The service sends a comment every 15 s to keep the connection open. A slow subscriber does not delay other subscribers.`,
    }),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description:
        'The `id` of the last event that the client received. The stream continues after this event. Takes precedence over `after`.',
      schema: { type: 'string', pattern: '^[0-9]{1,16}$' },
    }),
    ApiResponse({
      status: 200,
      description:
        'A stream of server-sent events. `id` is the `seq` of the event, `event` is always `event`, and `data` is a `StoredEvent` as JSON.',
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
