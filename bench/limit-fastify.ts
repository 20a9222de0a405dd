/** Runs Fastify 5 as the limit for single events, with the same checks compiled by Ajv, without a queue or a store. */
import 'reflect-metadata';
import { fastify } from 'fastify';
import { eventSchema } from '../src/ingest/check-event.js';
import { isTimestamp } from '../src/validation/timestamp.js';
import type { EventDto } from '../src/event/event.dto.js';

const app = fastify({
  ajv: {
    customOptions: { coerceTypes: false, removeAdditional: false, formats: { timestamp: isTimestamp } },
  },
});
const string = { type: 'string' };
let seq = 0;

app.post<{ Body: EventDto }>(
  '/publish',
  {
    schema: {
      body: eventSchema(),
      response: {
        200: {
          type: 'object',
          properties: {
            status: string,
            message: string,
            event_id: string,
            received_at: string,
            outcome: string,
            seq: { type: 'integer' },
          },
        },
      },
    },
  },
  (request, reply) => {
    seq++;
    reply.send({
      status: 'accepted',
      message: `stored as event ${seq}`,
      event_id: request.body.event_id,
      received_at: new Date().toISOString(),
      outcome: 'stored',
      seq,
    });
  },
);

const url = await app.listen({ port: 0, host: '127.0.0.1' });
console.log(JSON.stringify({ url }));
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
