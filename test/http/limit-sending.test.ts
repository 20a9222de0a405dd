import fastify from 'fastify';
import { limitSending } from '../../src/http/limit-sending.js';
import { releaseAtEnd } from '../harness/release.js';
import { until } from '../harness/until.js';

describe('a response with a reservation', () => {
  it.each([10_000, 100])(
    'is sent although the budget is full by then, if %s bytes were reserved',
    async (bytes) => {
      const server = fastify();
      releaseAtEnd(() => server.close());
      limitSending(server, 100_000);
      server.get('/', async (_request, reply) => {
        reply.reserveResponse(bytes);
        server.sendBudget.reserve(90_000);
        return 'x'.repeat(50_000);
      });
      const response = await fetch(await server.listen({ port: 0, host: '127.0.0.1' }));
      expect([response.status, await response.text()]).toEqual([200, 'x'.repeat(50_000)]);
      // The response is released once, at its actual size.
      await until(() => server.sendBudget.hasRoom(10_000), 'the response is closed');
      expect(server.sendBudget.hasRoom(10_001)).toBe(false);
    },
  );
});
