import { createHash } from 'node:crypto';
import { anEvent, events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';

const API_KEY = 'a-key-that-no-log-may-hold';
const KEY_HASH = createHash('sha256').update(API_KEY).digest('hex');
const PAYLOAD = 'a-payload-that-no-log-may-hold';
const headers = { authorization: `Bearer ${API_KEY}` };

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly events?: number;
  readonly last_seq?: number;
  readonly [field: string]: unknown;
}

/** Runs a service at this level, publishes, ends it, and returns its whole log. */
async function logOf(level: string): Promise<Line[]> {
  const service = await Service.start({ LOG_LEVEL: level, API_KEYS: `shop:publish:${KEY_HASH}` });
  const payload = { text: PAYLOAD };
  const batch = events(3, { topic: 'logged', payload });
  const publish = async (body: unknown, sent = headers) => (await service.publish(body, sent)).status;
  expect(await publish(batch)).toBe(200);
  expect(await publish([batch[0], { ...batch[1], payload: { text: `${PAYLOAD}!` } }])).toBe(200);
  // Rejected for an invalid field, malformed JSON, an unknown API key and a missing scope.
  expect(await publish({ ...anEvent({ payload }), topic: '' })).toBe(422);
  expect((await service.publishText(`{"payload":"${PAYLOAD}"`, headers)).status).toBe(400);
  expect(await publish(anEvent({ payload }), { authorization: `Bearer ${API_KEY}!` })).toBe(401);
  expect((await service.request(`/events?api_key=${API_KEY}`, { headers })).status).toBe(403);
  expect(await service.end('SIGTERM')).toBe(0);
  for (const secret of [API_KEY, KEY_HASH, PAYLOAD])
    expect(service.log.filter((line) => line.includes(secret))).toEqual([]);
  return service.log.map((line) => JSON.parse(line) as Line);
}

const batches = (log: readonly Line[]) => log.filter(({ msg }) => msg === 'batch committed');
const single = (log: readonly Line[]) => log.filter(({ msg }) => msg === 'event processed');

describe('the log of the service', () => {
  it('has one line for each commit at level info, without API keys and payloads', async () => {
    const log = await logOf('info');
    expect(batches(log).map(({ events: count, last_seq }) => [count, last_seq])).toEqual([
      [3, 3],
      [2, 3],
    ]);
    expect(batches(log).every(({ level, ms }) => level === 30 && typeof ms === 'number')).toBe(true);
    expect(single(log)).toEqual([]);
  });

  it('has one more line for each event at level debug, with its verdict and without its payload', async () => {
    const log = await logOf('debug');
    expect(batches(log)).toHaveLength(2);
    expect(single(log).map(({ level, topic, outcome, seq }) => [level, topic, outcome, seq])).toEqual([
      [20, 'logged', 'stored', 1],
      [20, 'logged', 'stored', 2],
      [20, 'logged', 'stored', 3],
      [20, 'logged', 'duplicate', 1],
      [20, 'logged', 'conflict', 2],
    ]);
    expect(single(log).every(({ event_id }) => typeof event_id === 'string')).toBe(true);
  });
});
