import { Logger } from '@nestjs/common';
import { type Rejection, RejectionLog } from '../../src/http/rejection-log.js';

interface Logged extends Rejection {
  readonly count: number;
}

const lines: Logged[] = [];
let now = 0;
let log: RejectionLog;

beforeAll(() =>
  Logger.overrideLogger({ log: () => {}, error: () => {}, warn: (line) => void lines.push(line) }),
);
beforeEach(() => {
  now = 0;
  lines.length = 0;
  log = new RejectionLog(() => now);
});

function reject(rejection: Partial<Rejection> = {}): void {
  log.record({ status: 422, type: 't', detail: 'd', address: '10.0.0.1', request_id: 'r', ...rejection });
}

/** Advances the clock, and flushes as the service does. */
function wait(seconds: number): void {
  for (let flushes = 0; flushes < seconds / 5; flushes++) {
    now += 5_000;
    log.flush();
  }
}

const counts = () => lines.map(({ count }) => count);

describe('the log of rejected requests', () => {
  it('has at most one line a minute for an API key and a reason, with the first detail', () => {
    wait(55);
    for (const detail of ['first', 'second', 'third']) reject({ detail });
    wait(55);
    expect(lines.map(({ count, detail }) => [count, detail])).toEqual([[1, 'first']]);
    wait(5);
    expect(lines.map(({ count, detail }) => [count, detail])).toEqual([
      [1, 'first'],
      [2, 'second'],
    ]);
  });

  it('has lines of their own for other API keys, statuses and types', () => {
    for (const other of [{}, { api_key: 'shop' }, { status: 400 }, { type: 'u' }]) reject(other);
    for (const other of [{ address: '10.0.0.2' }, { api_key: 'shop' }]) reject(other);
    expect(counts()).toEqual([1, 1, 1, 1]);
    log.flush(true);
    expect(counts()).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('has a line for each address that fails to authenticate, up to 100', () => {
    for (let host = 0; host < 300; host++) reject({ status: 401, address: `10.0.0.${host}` });
    expect(lines).toHaveLength(101);
    log.flush(true);
    expect(lines).toHaveLength(102);
    expect(lines.at(-1)).toMatchObject({ count: 199, address: '10.0.0.101' });
  });

  it('has lines for new addresses when earlier ones are quiet for a minute', () => {
    for (let host = 0; host < 100; host++) reject({ status: 401, address: `10.0.0.${host}` });
    wait(120);
    lines.length = 0;
    for (let host = 0; host < 100; host++) reject({ status: 401, address: `10.0.1.${host}` });
    expect(lines).toHaveLength(100);
  });

  it('counts at most 1001 reasons, and those that it knows still one by one', () => {
    for (let key = 0; key < 3_000; key++) reject({ api_key: `key-${key}` });
    expect(lines).toHaveLength(1_001);
    reject({ api_key: 'key-0', detail: 'again' });
    log.flush(true);
    expect(lines.slice(1_001)).toMatchObject([
      { count: 1, api_key: 'key-0', detail: 'again' },
      { count: 1_999, api_key: 'key-1001' },
    ]);
  });
});
