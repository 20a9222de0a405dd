import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { KeyFile } from '../auth/key-file.js';
import { events } from '../harness/an-event.js';
import { CuttingProxy } from '../harness/cutting-proxy.js';
import { aDirectory } from '../harness/database.js';
import { createDatabase, dropDatabase, HAS_POSTGRES } from '../harness/postgres.js';
import { runProgram } from '../harness/program.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';

/** More than one request of an import has. */
const EVENTS = 9_000;

/** Payloads that other programs change when they read and write them. */
const PAYLOADS = [
  '{"long":123456789012345678901234567890,"small":1e-300,"cents":0.10000000000000000001}',
  '{"__proto__":{"a":1},"2":1,"1":2,"constructor":null}',
  String.raw`{"text":"line\nbreak \\\" ,\"processed_at\":\"x\"}","emoji":"😀","lone":"\ud800"}`,
  '{"seq":1,"processed_at":"2026-01-31T12:00:00Z","nested":{"seq":[1,2,{"processed_at":null}]}}',
  '{}',
];

const special = PAYLOADS.map(
  (payload, index) =>
    `{"topic":"a.b \\"${index}\\"","event_id":"special-${index}","timestamp":"2026-01-31T12:00:00.1234567+05:30","source":"ü,\\\\","payload":${payload}}`,
);

/** Starts a service with events of several topics and sources, and one duplicate. */
async function aFilledService(): Promise<Service> {
  const service = await Service.start();
  const rest = events(EVENTS - special.length).map((event) => JSON.stringify(event));
  const body = [...special, ...rest, rest[0]].join('\n');
  const response = await service.publishText(body, { 'content-type': 'application/x-ndjson' });
  expect(await response.json()).toMatchObject({ stored: EVENTS, duplicates: 1, rejected: 0 });
  return service;
}

/** Returns every event as text, without the time of storage. */
async function rowsOf(service: Service): Promise<string[]> {
  const response = await service.request('/events?order=asc', {
    headers: { accept: 'application/x-ndjson' },
  });
  return withoutTimes(await response.text());
}

const withoutTimes = (lines: string) =>
  lines.split('\n').map((line) => line.replace(/,"processed_at":"[^"]*"\}$/, '}'));

describe('export and import', () => {
  let source: Service;
  let file: string;

  beforeAll(async () => {
    source = await aFilledService();
    file = join(aDirectory(), 'events.ndjson');
  });

  it('continue after broken connections, and after a torn file', async () => {
    const proxy = await CuttingProxy.start(source.url, [0, 100_000, 500, 300_000]);
    const exported = await runProgram(['export', '--url', proxy.url, '--output', file]);
    expect(exported).toMatchObject({
      code: 0,
      errors: expect.stringContaining(`Exported ${EVENTS} events, up to seq ${EVENTS}.`),
    });
    expect(proxy.cut).toBe(4);
    const complete = readFileSync(file, 'utf8');
    expect(withoutTimes(complete)).toEqual(await rowsOf(source));

    const refused = await runProgram(['export', '--url', source.url, '--output', file]);
    expect(refused).toMatchObject({ code: 1, errors: expect.stringContaining('Continue it with --resume') });
    // Within a line, also within the last one.
    for (const bytes of [Math.floor(complete.length / 2), Buffer.byteLength(complete) - 2, 10]) {
      truncateSync(file, bytes);
      expect(await runProgram(['export', '--url', source.url, '--output', file, '--resume'])).toMatchObject({
        code: 0,
      });
      expect(readFileSync(file, 'utf8') === complete).toBe(true);
    }
  });

  const stores = HAS_POSTGRES ? ['PostgreSQL', 'SQLite'] : ['SQLite'];
  if (!HAS_POSTGRES)
    console.warn('NOT TESTED: import into PostgreSQL. No server responds at TEST_POSTGRES_URL.');

  it.each(stores)('copy everything to a service on %s, also when interrupted and repeated', async (store) => {
    const environment: Record<string, string> = {};
    if (store === 'PostgreSQL') {
      environment['DATABASE_URL'] = await createDatabase();
      releaseAtEnd(() => dropDatabase(environment['DATABASE_URL']!));
    }
    const target = await Service.start(environment);
    // The response to the first request is lost, so its events are duplicates when it is sent again.
    const proxy = await CuttingProxy.start(target.url, [0]);
    const imported = await runProgram(['import', file, '--url', proxy.url]);
    expect(imported).toMatchObject({ code: 0, errors: '' });
    const [, stored, duplicates] = /^stored (\d+), duplicates (\d+), conflicts 0, rejected 0\n$/.exec(
      imported.output,
    )!;
    expect(Number(stored) + Number(duplicates)).toBe(EVENTS);
    expect(Number(stored)).toBeLessThan(EVENTS);
    const expected = withoutTimes(readFileSync(file, 'utf8'));
    expect((await rowsOf(target)).filter((row, index) => row !== expected[index])).toEqual([]);
    expect(await target.stats()).toMatchObject({ unique_processed: EVENTS, conflicts: 0 });

    const again = await runProgram(['import', '--skip', String(EVENTS - 10), '--url', target.url], {
      input: readFileSync(file),
    });
    expect(again).toMatchObject({ code: 0, output: 'stored 0, duplicates 10, conflicts 0, rejected 0\n' });
  });

  it('select events, and continue after a seq', async () => {
    const all = withoutTimes(readFileSync(file, 'utf8'));
    const run = (...args: string[]) => runProgram(['export', '--url', source.url, ...args]);
    const selected = await run('--topic', 'a.>', '--source', 'ü,\\', '--after', '2', '--until', '2999-01-01');
    expect(selected).toMatchObject({ code: 1, errors: expect.stringContaining('until') });
    const found = await run(
      '--topic',
      'a.>',
      '--source',
      'ü,\\',
      '--after',
      '2',
      '--since',
      '2020-01-01T00:00:00Z',
    );
    expect(found.code).toBe(0);
    expect(withoutTimes(found.output)).toEqual([...all.slice(2, special.length), '']);
    expect((await run('--topic', 'a.>', '--match', 'exact')).output).toBe('');
  });
});

describe('import', () => {
  it('exits with 1 after conflicts and rejected lines, and names these lines', async () => {
    const service = await Service.start();
    const [first, second] = events(2);
    await service.publish(first);
    const lines = [
      JSON.stringify({ ...first, payload: { other: true } }),
      '',
      '{"seq":7,"topic":"orders"}',
      `{ "seq": 1, "payload": {"n": 1.00000000000000000001}, ${JSON.stringify(second)
        .slice(1)
        .replace(/,"payload".*/, '')}, "processed_at": "x" }`,
      'no JSON',
    ];
    const file = join(aDirectory(), 'lines');
    writeFileSync(file, lines.join('\r\n'));
    const { code, output, errors } = await runProgram(['import', file, '--url', service.url]);
    expect([code, output]).toEqual([1, 'stored 1, duplicates 0, conflicts 1, rejected 2\n']);
    expect(errors.split('\n')).toEqual([
      expect.stringMatching(/^Line 3: .*is required/),
      expect.stringMatching(/^Line 5: is not valid JSON/),
      '',
    ]);
    const stored = await service.request(`/events/orders/${second!.event_id}`);
    expect(await stored.text()).toContain('"payload":{"n":1.00000000000000000001}');

    writeFileSync(file, '{"topic":"orders"}\n[]\n');
    expect(await runProgram(['import', file, '--url', service.url])).toMatchObject({
      code: 1,
      output: 'stored 0, duplicates 0, conflicts 0, rejected 2\n',
    });
  });

  it('and export send the API key of the environment', async () => {
    const key = 'secret';
    const hash = createHash('sha256').update(key).digest('hex');
    const service = await Service.start({ API_KEYS: `a:publish:${hash},a:read:${hash}` });
    const input = `${JSON.stringify(events(1)[0])}\n`;
    const env = { AGGREGATOR_API_KEY: key };
    expect(await runProgram(['import', '-', '--url', service.url], { env, input })).toMatchObject({
      code: 0,
    });
    expect((await runProgram(['export', '--url', service.url], { env })).output).toContain('{"seq":1,');
    const denied = await runProgram(['import', '--url', service.url], { input });
    expect(denied).toMatchObject({
      code: 1,
      errors: expect.stringContaining(
        'Imported up to line 0. Continue with --skip 0.\nPOST /publish: 401 Unauthorized',
      ),
    });
  });

  it('are possible with an API key that is limited to topics', async () => {
    const keys = new KeyFile({ name: 'eu', scopes: ['publish:eu.>', 'read:eu.>'] });
    const service = await Service.start({ API_KEYS_FILE: keys.path });
    const env = { AGGREGATOR_API_KEY: 'eu' };
    const input = `${JSON.stringify(events(1, { topic: 'eu.orders' })[0])}\n`;
    expect(await runProgram(['import', '--url', service.url], { env, input })).toMatchObject({ code: 0 });
    const exported = await runProgram(['export', '--topic', 'eu.>', '--url', service.url], { env });
    expect(exported).toMatchObject({ code: 0, output: expect.stringContaining('"topic":"eu.orders"') });
  });

  it.each([
    [['import', '--skip', 'x'], '--skip x'],
    [['import', 'a', 'b'], 'Only one FILE'],
    [['import', '--url', 'ftp://x'], '--url ftp://x'],
    [['export', '--after', '-1'], '--after'],
    [['export', '--resume'], '--resume requires --output'],
  ])('and export reject %j as wrong usage', async (args, message) => {
    const { COMMANDS } = await import('../../src/cli/commands.js');
    const command = await COMMANDS.get(args[0]!)!.load();
    await expect(command.run(args.slice(1))).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message),
    });
  });
});
