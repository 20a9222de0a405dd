import { anEvent } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const CAPACITY_BYTES = 1024 * 1024;
const HEAD = 'POST /publish HTTP/1.1\r\nHost: a\r\n';

/** A body that may not use the reserve for small bodies. */
const large = () => anEvent({ payload: { text: 'x'.repeat(100_000) } });

/** Fills the memory for bodies with one body that is almost complete. */
async function holdMemory(service: Service): Promise<RawConnection> {
  const holder = RawConnection.open(service.url)
    .send(`${HEAD}Content-Type: application/json\r\nContent-Length: ${CAPACITY_BYTES}\r\n\r\n`)
    .send(Buffer.alloc(CAPACITY_BYTES - 1, ' '));
  await until(async () => (await service.publish(large())).status === 503, 'the memory is full');
  return holder;
}

describe('a body that fills the memory for bodies', () => {
  it('keeps out large bodies, but no small ones, until it is disconnected for being slow', async () => {
    const service = await Service.start({
      BODY_LIMIT_BYTES: String(CAPACITY_BYTES),
      QUEUE_CAPACITY_BYTES: String(CAPACITY_BYTES),
    });
    const line = () => `${JSON.stringify(anEvent())}\n`;
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    const upload = RawConnection.open(service.url).send(
      `${HEAD}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(line())}`,
    );
    const holder = await holdMemory(service);

    for (let count = 0; count < 50; count++) expect((await service.publish(anEvent())).status).toBe(200);
    const lookup = await service.request('/events/lookup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ keys: [{ topic: 'a', event_id: 'b' }] }),
    });
    expect(lookup.status).toBe(200);
    expect((await service.publish(large())).status).toBe(503);

    const [head, problem] = (await holder.untilClosed()).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 408 /);
    expect(JSON.parse(problem!)).toMatchObject({
      status: 408,
      detail: expect.stringMatching(/16 KiB\/s.*split it into smaller requests/),
    });
    expect((await service.publish(large())).status).toBe(200);

    // An NDJSON upload of the same duration may be slow.
    upload.send(`${chunk(line())}0\r\n\r\n`);
    const { status, body } = (await upload.response('POST'))!;
    expect([status, JSON.parse(body)]).toEqual([200, expect.objectContaining({ stored: 2, complete: true })]);
  });
});

describe('the reserve for small bodies', () => {
  it('is bounded, and is released', async () => {
    const service = await Service.start({
      BODY_LIMIT_BYTES: String(CAPACITY_BYTES),
      QUEUE_CAPACITY_BYTES: String(CAPACITY_BYTES),
    });
    const holder = await holdMemory(service);
    const half = `${HEAD}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n${' '.repeat(59_000)}`;
    const holders = Array.from({ length: 3 }, () => RawConnection.open(service.url).send(half));
    const rejected = () => holders.filter(({ statuses }) => statuses.length > 0);
    await until(() => rejected().length > 0, 'a small body is rejected');
    // An eighth of the capacity has room for two.
    expect(rejected().map(({ statuses }) => statuses)).toEqual([[503]]);
    for (const connection of [holder, ...holders]) connection.close();
    await until(async () => (await service.publish(large())).status === 200, 'the memory is released');
  });
});

describe('a byte order mark', () => {
  it('at the start of a JSON body is skipped', async () => {
    const service = await Service.start();
    const event = anEvent({ topic: 'bom' });
    const response = await service.publishText(`\ufeff${JSON.stringify(event)}`);
    expect(await response.json()).toMatchObject({ outcome: 'stored', event_id: event.event_id });
    const lookup = await service.request('/events/lookup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `\ufeff${JSON.stringify({ keys: [{ topic: 'bom', event_id: event.event_id }] })}`,
    });
    expect(await lookup.json()).toMatchObject({ stored: [{ event_id: event.event_id }] });
  });

  it('anywhere else is part of the text', async () => {
    const service = await Service.start();
    const event = JSON.stringify(anEvent());
    for (const text of [`\ufeff\ufeff${event}`, ` \ufeff${event}`, `${event}\ufeff`])
      expect((await service.publishText(text)).status).toBe(400);
    expect((await service.publish(anEvent({ topic: '\ufeffbom' }))).status).toBe(200);
    expect((await service.stats()).topics).toEqual(['\ufeffbom']);
  });
});
