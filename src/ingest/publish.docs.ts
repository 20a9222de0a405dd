import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiHeaders, ApiOperation } from '@nestjs/swagger';
import { EventDto } from '../event/event.dto.js';
import { ApiProblems } from '../http/problem.docs.js';
import { PUBLISH_BODY } from './publish-body.docs.js';
import { CloudEventDto, EventBatchDto } from './publish-request.dto.js';
import { ApiPublished } from './publish-responses.docs.js';

const DESCRIPTION = `Responds when the events are on disk, with a verdict per event. Retries are safe: an event that is already stored is reported as a duplicate.

| request body | events | response |
|---|---|---|
| one event | 1 | \`PublishedEvent\` |
| an array, or \`{"events": […]}\` | 1 to 10 000 | \`PublishedBatch\` |
| NDJSON | any number | \`PublishedLines\` |
| a CloudEvent, structured or binary mode | 1 | \`PublishedEvent\` |
| CloudEvents, batched mode | 1 to 10 000 | \`PublishedBatch\` |

* **JSON**: at most 16 MiB after decompression by default (\`BODY_LIMIT_BYTES\`), and 1 MiB per event (\`EVENT_LIMIT_BYTES\`). A batch is validated completely and stored in one transaction. One invalid event rejects the batch, and \`errors\` lists each problem.
* **NDJSON**: any length, at most 1 MiB per line by default (\`EVENT_LIMIT_BYTES\`). Lines are stored in order as they arrive. An invalid line does not affect the other lines. 422 means that no line was valid. \`Prefer\` is ignored.
* **CloudEvents**: in binary mode, the attributes are the \`ce-*\` headers and the body is the data, as JSON.
* **Compression**: \`Content-Encoding\` may be \`gzip\`, \`deflate\` or \`br\`, and \`zstd\` if Node supports it.

Generated clients that support one media type per operation should send \`application/json\`.`;

const PREFER = `Optional. Changes the response (RFC 7240). Unknown preferences are ignored.

* \`respond-async\`: responds with 202 when the queue has accepted the events, before they are stored. If the service uses a broker and the events do not fit into one message (1 MiB), responds with 200 after they are stored, without \`results\`.
* \`return=minimal\`: omits \`results\` from the response to a batch.`;

const CLOUD_EVENT_HEADERS = {
  'ce-specversion': 'CloudEvents in binary mode: the version, `1.0`.',
  'ce-type': 'CloudEvents in binary mode: becomes the topic.',
  'ce-source': 'CloudEvents in binary mode: becomes the source.',
  'ce-id': 'CloudEvents in binary mode: the event_id becomes `source#id`.',
  'ce-time':
    'CloudEvents in binary mode: becomes the timestamp. If absent, the timestamp is the time of receipt.',
};

/** Documents POST /publish. */
export function ApiPublish(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'publish',
      summary: 'Publish one event or many',
      description: DESCRIPTION,
      requestBody: { required: true, content: PUBLISH_BODY },
    }),
    ApiExtraModels(EventDto, EventBatchDto, CloudEventDto),
    ApiHeaders([
      {
        name: 'Prefer',
        required: false,
        description: PREFER,
        schema: { type: 'string', examples: ['respond-async', 'return=minimal'] },
      },
      ...Object.entries(CLOUD_EVENT_HEADERS).map(([name, description]) => ({
        name,
        required: false,
        description,
      })),
    ]),
    ApiPublished(),
    ApiProblems(
      'malformedJson',
      'tooManyEvents',
      'bodyTooLarge',
      'publishMediaType',
      'contentEncoding',
      'invalidEvents',
      'eventTooLarge',
      'numberOutOfRange',
      'noValidLine',
      'queueFull',
      'queueUnavailable',
      'receivingFull',
      'sendingFull',
      'storeNotWritable',
      'shuttingDown',
    ),
  );
}
