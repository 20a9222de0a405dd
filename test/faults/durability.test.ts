import { once } from 'node:events';
import { linkSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { anEvent } from '../harness/an-event.js';
import { aDatabase } from '../harness/database.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import type { PublishedEvent } from '../../src/ingest/publish.dto.js';
import { Trial } from './trial.js';

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

describe('SIGTERM', () => {
  it('ends the service only after every accepted event is stored and acknowledged, also when sent twice', async () => {
    const trial = new Trial();
    const service = await trial.start();
    const load = trial.load();
    await until(() => load.acknowledged > 200, '200 events are acknowledged');
    service.process.kill('SIGTERM');
    expect(await service.end('SIGTERM')).toBe(0);
    await load.finished;
    trial.expectGracefulShutdown();
    await trial.start();
    expect(await trial.findings()).toEqual([]);
  });

  it('is announced by the health checks, while requests are served until the delay or a second signal', async () => {
    const service = await Service.start({ SHUTDOWN_DELAY_MS: '300000' });
    service.process.kill('SIGTERM');
    await until(async () => (await service.status('/health/ready')) === 503, 'the service is not ready');
    for (const path of ['/health/ready', '/health']) {
      const response = await service.request(path);
      expect([path, response.status]).toEqual([path, 503]);
      expect(await response.json()).toMatchObject({
        detail: 'Failed checks: shutdown.',
        error: { shutdown: { status: 'down', reason: expect.stringContaining('another replica') } },
      });
    }
    expect((await service.publish(anEvent())).status).toBe(200);
    expect(await service.status('/health/live')).toBe(200);
    expect(await service.end('SIGINT')).toBe(0);
  });

  it('ends the service after the delay', async () => {
    const service = await Service.start({ SHUTDOWN_DELAY_MS: '200' });
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('ends the service although stdout is closed', async () => {
    const service = await Service.start();
    await service.publish(anEvent());
    service.process.stdout!.destroy();
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('ends the service without waiting for stalled connections', async () => {
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
  it('fails to start, reports the reason, and does not affect the first', async () => {
    const service = await Service.start();
    await service.publish(anEvent());
    await expect(service.restart()).rejects.toThrow(
      /code 1: The database \S+ cannot be opened: it is in use by another instance of this service; .*DATABASE_URL\n$/,
    );
    expect(await service.stats()).toMatchObject({ received: 1 });
  });

  it('fails to start if a link leads to the database', async () => {
    const service = await Service.start();
    const [linked, hardLinked, dangling, target] = [aDatabase(), aDatabase(), aDatabase(), aDatabase()];
    symlinkSync(target, dangling);
    await Service.start({}, dangling);
    await expect(Service.start({}, target)).rejects.toThrow(/in use by another instance/);
    symlinkSync(service.database, linked);
    await expect(Service.start({}, linked)).rejects.toThrow(/in use by another instance/);
    linkSync(service.database, hardLinked);
    await expect(Service.start({}, hardLinked)).rejects.toThrow(/has another hard link/);
  });
});
