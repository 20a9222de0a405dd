import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { backUp, restore } from '../../src/store/maintenance.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';
import { holdLock } from '../../src/store/sqlite/lock.js';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { aDatabase, aDirectory } from '../harness/database.js';
import { newEvents, submissionOf } from '../harness/new-event.js';

const options = { signal: new AbortController().signal, onProgress: () => {} };

/** Creates a database with 10 events. Returns its path. */
async function aFilledDatabase(): Promise<string> {
  const path = aDatabase();
  const store = await SqliteStore.open(path);
  await store.commit([submissionOf(...newEvents(10))]);
  await store.close();
  return path;
}

const backUpTo = (file: string, database: string) => backUp(`sqlite:${database}`, file, options);
const restoreFrom = (file: string, database: string) => restore(`sqlite:${database}`, file, options);

async function aBackup(): Promise<string> {
  const file = join(aDirectory(), 'backup.db');
  await backUpTo(file, await aFilledDatabase());
  return file;
}

/** Returns the names of the files beside the lock. */
const filesOf = (folder: string) => readdirSync(folder).filter((name) => !name.includes('.lock'));

async function countEvents(path: string): Promise<number> {
  const store = await SqliteStore.open(path);
  const { unique_processed } = await store.counters();
  await store.close();
  return unique_processed;
}

describe('a backup', () => {
  it('does not replace a file or a link, and changes neither the database nor its folder', async () => {
    const database = await aFilledDatabase();
    const folder = aDirectory();
    const file = join(folder, 'taken.db');
    writeFileSync(file, 'mine');
    symlinkSync('nowhere', join(folder, 'link.db'));
    const before = [readdirSync(dirname(database)), readFileSync(database)];
    for (const target of [file, join(folder, 'link.db')])
      await expect(backUpTo(target, database)).rejects.toThrow(`${target} exists. `);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(readdirSync(folder)).toEqual(['link.db', 'taken.db']);
    expect(await backUpTo(join(folder, 'new.db'), database)).toMatchObject({ events: 10, lastSeq: 10 });
    expect([readdirSync(dirname(database)), readFileSync(database)]).toEqual(before);
  });

  it('of a database that is not valid creates no file, and lists the findings', async () => {
    const database = await aFilledDatabase();
    const writer = new Sqlite(database);
    writer.exec('DELETE FROM processed_events WHERE seq = 5');
    writer.close();
    const folder = aDirectory();
    await expect(backUpTo(join(folder, 'b.db'), database)).rejects.toMatchObject({
      findings: expect.arrayContaining(['seq 5 is missing']),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('into a folder that does not exist fails', async () => {
    const file = join(aDirectory(), 'none', 'b.db');
    await expect(backUpTo(file, await aFilledDatabase())).rejects.toThrow('does not exist. Create it.');
  });
});

describe('a restore', () => {
  it('does not replace a database', async () => {
    const file = await aBackup();
    const database = await aFilledDatabase();
    const before = readFileSync(database);
    await expect(restoreFrom(file, database)).rejects.toThrow(`${database} exists. Stop the service`);
    expect(readFileSync(database)).toEqual(before);
  });

  it('fails while another process holds the lock', async () => {
    const database = aDatabase();
    const lock = holdLock(database);
    await expect(restoreFrom(await aBackup(), database)).rejects.toThrow('in use by another instance');
    lock.close();
    expect(filesOf(dirname(database))).toEqual([]);
  });

  it('removes the WAL and the shared memory of a database that is no longer there', async () => {
    const database = aDatabase();
    for (const suffix of ['-wal', '-shm']) writeFileSync(database + suffix, 'of another database');
    await restoreFrom(await aBackup(), database);
    expect(filesOf(dirname(database))).toEqual(['events.db']);
    expect(await countEvents(database)).toBe(10);
  });

  it('creates the folder of the database, and replaces an empty file', async () => {
    const file = await aBackup();
    const database = join(aDirectory(), 'a/b/events.db');
    await restoreFrom(file, database);
    expect(await countEvents(database)).toBe(10);
    const empty = aDatabase();
    writeFileSync(empty, '');
    expect(await restoreFrom(file, empty)).toMatchObject({ events: 10 });
    expect(await countEvents(empty)).toBe(10);
  });

  it('leaves nothing behind if the backup is not valid, or is the database of a service', async () => {
    const file = await aBackup();
    writeFileSync(file, readFileSync(file).subarray(0, -4096));
    const folder = aDirectory();
    mkdirSync(join(folder, 'data'));
    const database = join(folder, 'data/events.db');
    await expect(restoreFrom(file, database)).rejects.toThrow(`${file} is not a valid backup.`);
    const live = aDatabase();
    const store = await SqliteStore.open(live);
    await store.commit([submissionOf(...newEvents(1))]);
    await expect(restoreFrom(live, database)).rejects.toThrow('is a database in use, not a backup');
    await store.close();
    await expect(restoreFrom(join(folder, 'none'), database)).rejects.toThrow('There is no file');
    expect(readdirSync(join(folder, 'data'))).toEqual([]);
  });
});
