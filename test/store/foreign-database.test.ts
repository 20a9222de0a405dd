import type { Database } from 'better-sqlite3';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { anEvent } from '../harness/an-event.js';
import { aDatabase } from '../harness/database.js';
import { Service } from '../harness/service.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

const FOREIGN: [name: string, fill: (database: Database) => void, reason: RegExp][] = [
  ['tables', (other) => other.exec('CREATE TABLE users (name)'), /contains other tables: users/],
  [
    'a table of the same name',
    (other) => other.exec('CREATE TABLE processed_events (a)'),
    /contains other tables: processed_events/,
  ],
  [
    'the migrations of Laravel',
    (other) => other.exec('CREATE TABLE migrations (id, migration, batch)'),
    /contains other tables: migrations/,
  ],
  [
    'the migrations of another program with TypeORM',
    (other) =>
      other.exec(
        `CREATE TABLE migrations (id, timestamp, name); INSERT INTO migrations VALUES (1, 1, 'CreateUsers1')`,
      ),
    /contains other tables: migrations/,
  ],
  ['only views', (other) => other.exec('CREATE VIEW numbers AS SELECT 1'), /contains other views: numbers/],
  ['only an application_id', (other) => other.pragma('application_id = 42'), /application_id is 42/],
  ['only a user_version', (other) => other.pragma('user_version = 7'), /user_version is 7/],
];

/** Returns the names and the contents of the files in a folder. */
function filesIn(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );
}

const REFUSED = (path: string) =>
  `code 1: The database ${path} cannot be opened: it is a database of another program`;

describe.each(FOREIGN)('the database of another program with %s', (_, fill, reason) => {
  it.each(['delete', 'wal'])('prevents the start and is not changed, in journal mode %s', async (mode) => {
    const path = aDatabase();
    const other = new Sqlite(path);
    other.pragma(`journal_mode = ${mode}`);
    fill(other);
    other.close();
    const before = filesIn(dirname(path));
    const start = Service.start({}, path);
    await expect(start).rejects.toThrow(REFUSED(path));
    await expect(start).rejects.toThrow(reason);
    expect(filesIn(dirname(path))).toEqual(before);
  });
});

describe('the database of another program', () => {
  function inWalMode(): { path: string; other: Database } {
    const path = aDatabase();
    const other = new Sqlite(path);
    other.pragma('journal_mode = WAL');
    other.exec('CREATE TABLE users (name)');
    return { path, other };
  }

  it('prevents the start and is not changed while the other program has it open', async () => {
    const { path, other } = inWalMode();
    const before = filesIn(dirname(path));
    await expect(Service.start({}, path)).rejects.toThrow(REFUSED(path));
    const { 'events.db-shm': _before, ...contents } = before;
    const { 'events.db-shm': _after, ...now } = filesIn(dirname(path));
    expect(now).toEqual(contents);
    other.exec('INSERT INTO users VALUES (1)');
    other.close();
  });

  it.each([
    ['a WAL', ['', '-wal']],
    ['a WAL and shared memory', ['', '-wal', '-shm']],
  ])('prevents the start and is not changed after a crash that left %s', async (_, suffixes) => {
    const { path, other } = inWalMode();
    const crashed = aDatabase();
    for (const suffix of suffixes) copyFileSync(path + suffix, crashed + suffix);
    other.close();
    const before = filesIn(dirname(crashed));
    await expect(Service.start({}, crashed)).rejects.toThrow(REFUSED(crashed));
    const { 'events.db-shm': _before, ...contents } = before;
    const { 'events.db-shm': _after, ...now } = filesIn(dirname(crashed));
    expect(now).toEqual(contents);
  });
});

describe('a database of this service', () => {
  it('is marked with an application_id, and opens again', async () => {
    const service = await Service.start();
    await service.publish(anEvent());
    await service.end('SIGTERM');
    const database = new Sqlite(service.database, { readonly: true });
    expect(database.pragma('application_id', { simple: true })).toBe(0x50_53_4c_41);
    database.close();
    expect(await (await service.restart()).stats()).toMatchObject({ received: 1 });
  });

  it('opens again after SIGKILL', async () => {
    const service = await Service.start();
    await service.publish(anEvent());
    await service.end('SIGKILL');
    expect(await (await service.restart()).stats()).toMatchObject({ received: 1 });
  });

  it('is created in an empty file', async () => {
    const path = aDatabase();
    writeFileSync(path, '');
    expect(await (await Service.start({}, path)).stats()).toMatchObject({ received: 0 });
  });
});
