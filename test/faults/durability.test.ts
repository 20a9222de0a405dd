import { once } from 'node:events';
import { linkSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { anEvent, events } from '../harness/an-event.js';
import { aDatabase, Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import type { PublishedBatch, PublishedEvent } from '../../src/ingest/publish.dto.js';

/** Publishes, one event or ten at a time, until told to stop or the service is gone; keeps what was acknowledged. */
function publishUntilItStops(service: Service, publishers: number) {
  const acknowledged = new Map<string, number>();
  let stopped = false;
  const work = Array.from({ length: publishers }, async (_, publisher) => {
    while (!stopped) {
      const batch = publisher % 2 === 0 ? events(1) : events(10);
      const response = await service.publish(batch).catch(() => null);
      if (response === null) return;
      if (response.status !== 200) continue;
      const { results } = (await response.json()) as PublishedBatch;
      for (const { event_id, seq } of results!) acknowledged.set(event_id, seq);
    }
  });
  const stop = async () => {
    stopped = true;
    await Promise.all(work);
  };
  return { acknowledged, stop, finished: Promise.all(work) };
}

/** What was acknowledged is there with the seq that was told; seqs have no holes; counters equal rows. */
async function expectKept(service: Service, acknowledged: Map<string, number>): Promise<void> {
  const stored = await service.everything();
  const seqOf = new Map(stored.map(({ event_id, seq }) => [event_id, seq]));
  expect([...acknowledged].filter(([event_id, seq]) => seqOf.get(event_id) !== seq)).toEqual([]);
  expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
  expect(seqOf.size).toBe(stored.length);
  const { received, unique_processed, duplicate_dropped } = await service.stats();
  expect(unique_processed).toBe(stored.length);
  expect(received).toBe(unique_processed + duplicate_dropped);
}

describe('a restart', () => {
  it('keeps events, verdicts and counters', async () => {
    const first = await Service.start();
    const event = anEvent({ topic: 'kept' });
    const { seq } = (await (await first.publish(event)).json()) as PublishedEvent;
    await first.publish([event, { ...event, payload: {} }, anEvent()]);
    const before = await first.stats();
    expect(await first.end('SIGTERM')).toBe(0);

    const second = await first.restart();
    expect(await second.stats()).toEqual({ ...before, uptime: expect.any(Number) });
    expect(before).toMatchObject({ received: 4, unique_processed: 2, duplicate_dropped: 2, conflicts: 1 });
    expect(await (await second.publish(event)).json()).toMatchObject({ outcome: 'duplicate', seq });
    expect(await (await second.publish(anEvent())).json()).toMatchObject({ outcome: 'stored', seq: 3 });
  });
});

describe('kill -9 under load', () => {
  it('loses nothing that was acknowledged, three times in a row', async () => {
    let service = await Service.start();
    const acknowledged = new Map<string, number>();
    for (let cycle = 1; cycle <= 3; cycle++) {
      const load = publishUntilItStops(service, 16);
      await until(() => load.acknowledged.size >= 1_000, 'a thousand events are acknowledged');
      await service.end('SIGKILL');
      await load.finished;
      for (const [event_id, seq] of load.acknowledged) acknowledged.set(event_id, seq);
      service = await service.restart();
      await expectKept(service, acknowledged);
    }
  });
});

describe('SIGTERM under load', () => {
  it('answers every publisher, stores all that was accepted, and exits 0', async () => {
    const service = await Service.start();
    const load = publishUntilItStops(service, 16);
    await until(() => load.acknowledged.size >= 500, '500 events are acknowledged');
    const queued = anEvent({ topic: 'queued' });
    expect((await service.publish(queued, { prefer: 'respond-async' })).status).toBe(202);
    expect(await service.end('SIGTERM')).toBe(0);
    await load.finished;

    const again = await service.restart();
    await expectKept(again, load.acknowledged);
    expect((await again.request(`/events/queued/${queued.event_id}`)).status).toBe(200);
    // Whose events were taken was answered: nothing else is there.
    expect((await again.stats()).received).toBe(load.acknowledged.size + 1);
  });

  it('does the same when it comes twice', async () => {
    const service = await Service.start();
    const load = publishUntilItStops(service, 8);
    await until(() => load.acknowledged.size >= 200, '200 events are acknowledged');
    service.process.kill('SIGTERM');
    expect(await service.end('SIGTERM')).toBe(0);
    await load.finished;
    await expectKept(await service.restart(), load.acknowledged);
  });
});

describe('SIGTERM with nobody left to read the log', () => {
  it('ends all the same', async () => {
    const service = await Service.start();
    await service.publish(anEvent());
    service.process.stdout!.destroy();
    expect(await service.end('SIGTERM')).toBe(0);
  });
});

describe('SIGTERM with connections that say nothing', () => {
  it('does not wait for them', async () => {
    const service = await Service.start();
    const { hostname, port } = new URL(service.url);
    const sockets = [
      '',
      'GET / HT',
      'POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    ].map((text) => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      socket.write(text);
      return socket;
    });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await service.publish(anEvent());
    expect(await service.end('SIGTERM')).toBe(0);
  });
});

describe('a second instance on the same database', () => {
  it('refuses to start, says why, and leaves the first alone', async () => {
    const service = await Service.start();
    await service.publish(anEvent());
    await expect(service.restart()).rejects.toThrow(
      /code 1: The database \S+ cannot be opened: it is in use by another instance of this service\n$/,
    );
    expect(await service.stats()).toMatchObject({ received: 1 });
  });

  it('refuses to start by another name of it, too', async () => {
    const service = await Service.start();
    const [linked, hardLinked, dangling, target] = [aDatabase(), aDatabase(), aDatabase(), aDatabase()];
    symlinkSync(target, dangling);
    await Service.start({}, dangling);
    await expect(Service.start({}, target)).rejects.toThrow(/in use by another instance/);
    symlinkSync(service.database, linked);
    await expect(Service.start({}, linked)).rejects.toThrow(/in use by another instance/);
    linkSync(service.database, hardLinked);
    await expect(Service.start({}, hardLinked)).rejects.toThrow(/has another name/);
  });
});
