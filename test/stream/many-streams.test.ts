import { anEvent } from '../harness/an-event.js';
import { inParallel } from '../harness/in-parallel.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { StreamClient } from './stream-client.js';

const STREAMS = 2_000;
const EVENTS = 10_000;
/** How much longer than without streams the event loop may be held. Without an index, it is some 50 times as long. */
const MAX_SLOWDOWN = 10;

/** Publishes 10 000 events and waits until `isDone`. Returns the worst response time of the service meanwhile. */
async function worstMs(service: Service, topicOf: (index: number) => string, isDone: () => boolean) {
  let [status, worst] = [0, 0];
  const batch = Array.from({ length: EVENTS }, (_, index) => anEvent({ topic: topicOf(index) }));
  const publish = async () => ({ status } = await service.publish(batch, { prefer: 'return=minimal' }));
  const publishing = publish();
  await until(async () => {
    const started = performance.now();
    expect(await service.status('/health/live')).toBe(200);
    worst = Math.max(worst, performance.now() - started);
    return status !== 0 && isDone();
  }, 'every stream has received its events');
  await publishing;
  expect(status).toBe(200);
  return worst;
}

describe('2 000 streams with selections of their own', () => {
  it.each([
    ['topics', (index: number) => `user-${index}`, (index: number) => `user-${index % STREAMS}`],
    ['patterns', (index: number) => `user.${index}.*`, (index: number) => `user.${index % STREAMS}.login`],
    [
      'patterns of 50 levels',
      (index: number) => `${'a.*.'.repeat(24)}${index}.>`,
      (index: number) => `${'a.b.'.repeat(24)}${index % STREAMS}.c`,
    ],
  ])(
    'receive their events of a large batch, %s, without holding the event loop',
    async (_, selected, topic) => {
      const service = await Service.start();
      const calm = () => worstMs(service, topic, () => true);
      await calm();
      const calmMs = Math.max(await calm(), await calm());
      const numbers = Array.from({ length: STREAMS }, (_none, index) => index);
      const clients: StreamClient[] = [];
      await inParallel(numbers, 50, async (index) => {
        clients[index] = await StreamClient.open(service, `?topic=${encodeURIComponent(selected(index))}`);
      });
      let ratio = Infinity;
      // The best of several tries: this process parses 2 000 streams while the service runs.
      for (let batch = 1; batch <= 3 && ratio > MAX_SLOWDOWN; batch++) {
        const expected = (batch * EVENTS) / STREAMS;
        const isDone = () => clients.every(({ ids }) => ids.length >= expected);
        ratio = Math.min(ratio, (await worstMs(service, topic, isDone)) / calmMs);
        for (const [index, client] of clients.entries()) {
          expect(client.ids).toHaveLength(expected);
          expect(client.ids).toEqual(client.ids.toSorted((a, b) => a - b));
          expect(new Set(client.events.map((event) => event.topic))).toEqual(new Set([topic(index)]));
        }
      }
      for (const client of clients) client.close();
      expect(ratio).toBeLessThan(MAX_SLOWDOWN);
    },
  );
});
