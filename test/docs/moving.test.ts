import { anEvent } from '../harness/an-event.js';
import { codeOf, withProgram } from '../harness/code-blocks.js';
import { createDatabase, dropDatabase, execute, HAS_POSTGRES } from '../harness/postgres.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';
import { runShell } from '../harness/shell.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

/** More than the lines of one chunk of an export. */
const PLAIN_EVENTS = 1_500;
const COLUMNS = 'topic, event_id, timestamp, source, payload';
const ROWS = `SELECT CAST(seq AS text) AS seq, ${COLUMNS} FROM processed_events ORDER BY processed_events.seq`;

/** Members that a careless text filter would change or cut. */
const PAYLOADS = [
  '{}',
  '{"seq":1,"processed_at":"2026-01-31T12:00:00.000Z"}',
  String.raw`{"text":",\"processed_at\":\"\"}","seq":{"seq":1,"processed_at":""}}`,
  '{"z":12345678901234567890,"a":[1.50,-0.0,1e400,1E-7,0.1000,9007199254740993]}',
  String.raw`{"text":"é ü 漢字 🧡 مرحبا \u2028 \u0000 \r\n \\ \/ \ud800","𝄞":"\udc00"}`,
  '{"__proto__":{"a":1},"constructor":null,"b":2,"b":3}',
];
const NAMES = ['{"seq":7,', ',"processed_at":"x"}', '\\ & / $ \' "', '漢字 🧡'];

/** Runs the recipe. Resolves with the totals that it prints last. */
async function move(from: Service, to: Service): Promise<string> {
  const recipe = codeOf('docs/scaling.md', 'export and import');
  const script = recipe.replace('http://old:8080', from.url).replace('http://new:8080', to.url);
  const output = await runShell(`set -o pipefail\n${withProgram(script)}`);
  return output.split('\n').filter((line) => line.startsWith('stored '))[0]!;
}

async function publishHostileEvents(service: Service): Promise<number> {
  const texts = [
    ...NAMES.map((name) => JSON.stringify(anEvent({ topic: name, event_id: name, source: name }))),
    ...PAYLOADS.map((payload) =>
      JSON.stringify(anEvent({ payload: 0 })).replace('"payload":0', `"payload":${payload}`),
    ),
    ...['2026-01-31T12:00:00', '2026-01-31t12:00:00.123456789+05:30'].map((timestamp) =>
      JSON.stringify(anEvent({ timestamp })),
    ),
    ...Array.from({ length: PLAIN_EVENTS }, () => JSON.stringify(anEvent())),
  ];
  const response = await service.publishText(`[${texts.join()}]`);
  expect(await response.json()).toMatchObject({ stored: texts.length });
  return texts.length;
}

function rowsOfSqlite({ database }: Service): unknown[] {
  const file = new Sqlite(database, { readonly: true });
  try {
    return file.prepare(ROWS).all();
  } finally {
    file.close();
  }
}

const withPostgres = HAS_POSTGRES ? it : it.skip;
if (!HAS_POSTGRES) console.warn('NOT TESTED: moving to PostgreSQL. No server responds at TEST_POSTGRES_URL.');

describe('The recipe of docs/scaling.md', () => {
  withPostgres('moves all rows unchanged and in order to PostgreSQL, once, and back to SQLite', async () => {
    const DATABASE_URL = await createDatabase();
    releaseAtEnd(() => dropDatabase(DATABASE_URL));
    const [old, replica] = [await Service.start(), await Service.start({ DATABASE_URL })];
    const count = await publishHostileEvents(old);
    const rows = rowsOfSqlite(old);
    expect(rows.length).toBe(count);

    const totals = (stored: number, duplicates: number) =>
      `stored ${stored}, duplicates ${duplicates}, conflicts 0, rejected 0`;
    expect(await move(old, replica)).toBe(totals(count, 0));
    expect(await execute(DATABASE_URL, ROWS)).toEqual(rows);

    await old.publish(anEvent());
    expect(await move(old, replica)).toBe(totals(1, count));
    expect(await move(old, replica)).toBe(totals(0, count + 1));
    expect(await execute(DATABASE_URL, ROWS)).toEqual(rowsOfSqlite(old));

    const restored = await Service.start();
    expect(await move(replica, restored)).toBe(totals(count + 1, 0));
    expect(rowsOfSqlite(restored)).toEqual(rowsOfSqlite(old));
  });
});
