import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { anEvent, events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import type { EventsPage } from '../../src/query/events.dto.js';

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
