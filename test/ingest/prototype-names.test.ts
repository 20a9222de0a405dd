import { anEvent } from '../harness/an-event.js';
import { CheckedRequests } from '../harness/checked-requests.js';

const requests = await CheckedRequests.start();
afterEach(() => requests.expectCounters());

describe('__proto__ and similar names', () => {
  const event = JSON.stringify(anEvent());

  it.each([
    `{"__proto__":${event}}`,
    `{"constructor":{"prototype":${event}}}`,
    `[{"__proto__":${event}}]`,
    `{"__proto__":{"events":[${event}]}}`,
    `{"events":{"__proto__":[${event}]}}`,
    `{"events":[{"__proto__":${event}}]}`,
    `[["__proto__",${event}]]`,
    `{"__proto__":null}`,
    `{"__proto__":[]}`,
  ])('do not turn %s into an event', async (body) => {
    expect(await requests.publish(body)).toBe(422);
  });

  it.each(['"__proto__":{"topic":"other"}', '"__proto__":1', '"constructor":{}', '"hasOwnProperty":1'])(
    'are rejected as unknown members of an event: %s',
    async (more) => {
      expect(await requests.publish(`{${more},${JSON.stringify(anEvent({ payload: {} })).slice(1)}`)).toBe(
        422,
      );
    },
  );

  it('are valid topics and event ids', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const key = { topic: name, event_id: name };
      expect(await requests.publish(JSON.stringify([anEvent(key), anEvent(key)]))).toBe(200);
      expect((await requests.service.stats()).topics).toContain(name);
      expect(await requests.service.get(`/events/${name}/${name}`)).toMatchObject(key);
    }
  });
});
