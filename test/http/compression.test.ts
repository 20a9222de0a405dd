import zlib, { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { anEvent, events } from '../harness/an-event.js';
import { inParallel } from '../harness/in-parallel.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import type { EventsPage } from '../../src/query/events.dto.js';

type Compress = (text: string) => Buffer;

const service = await Service.start({ BODY_LIMIT_BYTES: '200000' });

describe('a compressed request body', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('in %s is decompressed', async (encoding, compress) => {
    const event = anEvent({ topic: 'compressed' });
    const response = await service.publishText(compress(JSON.stringify(event)), {
      'content-encoding': encoding,
    });
    expect(await response.json()).toMatchObject({ outcome: 'stored', event_id: event.event_id });
  });

  it.each(['GZIP', 'x-gzip'])('in %s is treated as gzip', async (encoding) => {
    const packed = gzipSync(JSON.stringify(anEvent()));
    expect((await service.publishText(packed, { 'content-encoding': encoding })).status).toBe(200);
  });

  it('is limited by its decompressed size', async () => {
    const bomb = gzipSync(JSON.stringify(anEvent({ payload: { text: 'x'.repeat(50_000_000) } })));
    expect(bomb.length).toBeLessThan(100_000);
    expect((await service.publishText(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  it('gets 400 if it is not gzip, and 415 for an unknown encoding', async () => {
    expect((await service.publish(anEvent(), { 'content-encoding': 'gzip' })).status).toBe(400);
    const unknown = await service.publish(anEvent(), { 'content-encoding': 'lzma' });
    expect([unknown.status, unknown.headers.get('accept-encoding')]).toEqual([
      415,
      expect.stringContaining('gzip, deflate, br'),
    ]);
  });
});

describe('brotli bodies', () => {
  const headers = { 'content-encoding': 'br' };
  const publish = (body: Buffer, type = 'application/json') =>
    service.publishText(body, { ...headers, 'content-type': type });

  it('of many publishers at once are stored', async () => {
    await inParallel(events(300), 100, async (event) => {
      expect((await publish(brotliCompressSync(JSON.stringify(event)))).status).toBe(200);
    });
  });

  it('are decompressed after any number of rejected ones', async () => {
    const large = brotliCompressSync(Buffer.alloc(400_000, ' '));
    const valid = brotliCompressSync(JSON.stringify(anEvent()));
    for (let count = 0; count < 20; count++) {
      expect((await publish(large)).status).toBe(413);
      expect((await publish(valid, 'text/plain')).status).toBe(415);
      expect((await publish(valid, 'application/json; charset=latin1')).status).toBe(415);
      expect((await publish(Buffer.from('no brotli'))).status).toBe(400);
      const head = 'Host: a\r\nContent-Type: application/json\r\nContent-Encoding: br\r\nContent-Length: 99';
      const connection = RawConnection.open(service.url).send(`POST /publish HTTP/1.1\r\n${head}\r\n\r\nx`);
      await service.status('/health/live');
      connection.close();
    }
    expect((await publish(valid)).status).toBe(200);
  });
});

describe('data behind the end of a compressed body', () => {
  const zstd = (zlib as { zstdCompressSync?: Compress }).zstdCompressSync;
  const single: [encoding: string, compress: Compress][] = [
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ...(zstd ? [['zstd', zstd] as [string, Compress]] : []),
  ];
  const encodings: typeof single = [['gzip', gzipSync], ...single];
  const line = (topic: string) => `${JSON.stringify(anEvent({ topic }))}\n`;

  const rejects = async (encoding: string, body: Buffer) => {
    const before = await service.stats();
    const json = await service.publishText(body, { 'content-encoding': encoding });
    expect([json.status, await json.json()]).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringContaining(`is not valid ${encoding}`) }),
    ]);
    expect(await service.stats()).toMatchObject({ received: before.received });
  };

  it.each(encodings)('in %s is an error in JSON, however often it is sent', async (encoding, compress) => {
    const event = compress(JSON.stringify(anEvent()));
    for (let time = 0; time < 20; time++) {
      for (const rest of ['x', '\0', '[]'.repeat(50_000)])
        await rejects(encoding, Buffer.concat([event, Buffer.from(rest)]));
    }
  });

  it.each(single)('in %s is an error also if it is compressed', async (encoding, compress) => {
    await rejects(encoding, Buffer.concat([compress(JSON.stringify(anEvent())), compress(' ')]));
  });

  it.each(single)('in %s breaks an NDJSON stream', async (encoding, compress) => {
    const response = await service.publishText(
      Buffer.concat([compress(line('first')), compress(line('second'))]),
      { 'content-encoding': encoding, 'content-type': 'application/x-ndjson' },
    );
    expect(await response.json()).not.toMatchObject({ complete: true });
    expect((await service.stats()).topics).not.toContain('second');
  });

  // Node decodes a further zstd frame if it arrives later (RFC 8878, section 3.1), so no event is lost.
  const withoutFrames = single.filter(([encoding]) => encoding !== 'zstd');
  it.each(withoutFrames)('in %s is an error also if it arrives later', async (encoding, compress) => {
    const first = compress(line(`${encoding}-first`));
    const connection = RawConnection.open(service.url).send(
      `POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${2 * first.length}\r\n\r\n`,
    );
    connection.send(first);
    await until(
      async () => (await service.stats()).topics.includes(`${encoding}-first`),
      'the first line is stored',
    );
    const { status, body } = (await connection.send(first).response('POST'))!;
    expect([status, JSON.parse(body)]).toEqual([
      200,
      expect.objectContaining({ stored: 1, complete: false }),
    ]);
    connection.close();
  });

  it('in gzip is read if it is another member', async () => {
    const body = Buffer.concat([gzipSync(line('member-1')), gzipSync(line('member-2'))]);
    const headers = { 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson' };
    const response = await service.publishText(body, headers);
    expect(await response.json()).toMatchObject({ stored: 2, complete: true });
  });
});

describe('a response', () => {
  it('is compressed in an encoding that the caller accepts', async () => {
    await service.publish(events(1_000, { topic: 'long' }));
    for (const encoding of ['gzip', 'br']) {
      const headers = { 'accept-encoding': encoding };
      const response = await service.request('/events?topic=long&limit=1000', { headers });
      expect(response.headers.get('content-encoding')).toBe(encoding);
      expect(((await response.json()) as EventsPage).count).toBe(1_000);
    }
  });
});
