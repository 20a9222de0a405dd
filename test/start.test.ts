import Sqlite from 'better-sqlite3';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { aDatabase, Service } from './harness/service.js';
import { ConfigError, loadConfig } from '../src/config.js';

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).toEqual({
      HOST: '0.0.0.0',
      PORT: 8080,
      DATABASE_URL: 'sqlite:data/events.db',
      QUEUE_CAPACITY: 100_000,
      QUEUE_CAPACITY_BYTES: 67_108_864,
      BATCH_MAX_EVENTS: 5_000,
      BODY_LIMIT_BYTES: 16_777_216,
      API_KEYS: '',
      LOG_LEVEL: 'info',
    });
  });

  it('takes an empty variable as unset', () => {
    expect(loadConfig({ PORT: '', HOST: '' })).toMatchObject({ PORT: 8080, HOST: '0.0.0.0' });
  });

  it('names every wrong variable at once', () => {
    const environment = {
      PORT: '65536',
      DATABASE_URL: 'postgres://localhost',
      QUEUE_CAPACITY: '0',
      QUEUE_CAPACITY_BYTES: '64MiB',
      BATCH_MAX_EVENTS: '1.5',
      BODY_LIMIT_BYTES: '-1',
      LOG_LEVEL: 'loud',
    };
    let message = '';
    try {
      loadConfig(environment);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      message = (error as Error).message;
    }
    for (const [name, value] of Object.entries(environment)) expect(message).toContain(`${name}=${value}: `);
  });

  it('that is wrong stops the start, with exit code 1', async () => {
    await expect(Service.start({ PORT: 'eighty', LOG_LEVEL: 'loud' })).rejects.toThrow(
      /code 1[^]*PORT=eighty: [^]*LOG_LEVEL=loud: /,
    );
  });
});

describe('a database that cannot be opened', () => {
  it('stops the start and is named: a folder', async () => {
    const database = aDatabase();
    mkdirSync(database);
    await expect(Service.start({}, database)).rejects.toThrow(
      `code 1: The database ${database} cannot be opened: `,
    );
  });

  it('stops the start and is named: no database', async () => {
    const database = aDatabase();
    writeFileSync(database, 'this is no database, but a text of some length\n'.repeat(100));
    await expect(Service.start({}, database)).rejects.toThrow(database);
  });
});

describe('a database of something else', () => {
  it.each([
    ['with tables of other names', 'CREATE TABLE users (name TEXT)'],
    ['with a table of the same name', 'CREATE TABLE processed_events (a)'],
  ])('stops the start and is left as it was: %s', async (_, sql) => {
    const path = aDatabase();
    const other = new Sqlite(path);
    other.exec(sql);
    other.close();
    const before = readFileSync(path);
    await expect(Service.start({}, path)).rejects.toThrow(/code 1: .* it holds something else/);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(dirname(path))).toEqual([basename(path)]);
  });
});

describe('a port in use', () => {
  it('stops the start', async () => {
    const service = await Service.start();
    await expect(Service.start({ PORT: new URL(service.url).port })).rejects.toThrow('EADDRINUSE');
  });
});
