import { fastify } from 'fastify';
import { once } from 'node:events';
import { DisconnectedError, whileOpen } from '../../src/http/response-closed.js';
import { RawConnection } from '../harness/raw.js';
import { releaseAtEnd } from '../harness/release.js';
import { until } from '../harness/until.js';

/** Requests of a server that takes the signal of `/late` only after the connection has closed. */
async function aServer() {
  const signals: Record<string, AbortSignal> = {};
  const server = fastify()
    .get('/early', (_, reply) => void (signals['early'] = whileOpen(reply)))
    .get('/late', async (request, reply) => {
      await once(request.raw.socket, 'close');
      signals['late'] = whileOpen(reply);
    });
  releaseAtEnd(() => server.close());
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return { url, signals };
}

const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('the signal of an open response', () => {
  it('aborts when the connection closes', async () => {
    const { url, signals } = await aServer();
    const client = RawConnection.open(url).send(GET('/early'));
    await until(() => signals['early'] !== undefined, 'the request is received');
    expect(signals['early']!.aborted).toBe(false);
    client.close();
    await until(() => signals['early']!.aborted, 'the signal aborts');
    expect(signals['early']!.reason).toBeInstanceOf(DisconnectedError);
  });

  it('has aborted if the connection closed before, also that of a pipelined response', async () => {
    const { url, signals } = await aServer();
    const client = RawConnection.open(url).send(GET('/early') + GET('/late'));
    await until(() => signals['early'] !== undefined, 'the requests are received');
    client.close();
    await until(() => signals['late'] !== undefined, 'the connection has closed');
    expect(signals['late']!.aborted).toBe(true);
    expect(signals['late']!.reason).toBeInstanceOf(DisconnectedError);
  });
});
