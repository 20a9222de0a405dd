import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { events } from './harness/an-event.js';
import { PROJECT } from './harness/code-blocks.js';
import { aDatabase } from './harness/database.js';
import { Service, spawnService } from './harness/service.js';
import { until } from './harness/until.js';
import { ConfigError, loadConfig } from '../src/config.js';

/** Time to drain the queue, and some for the last lines of the log. Below the 30 s after which supervisors kill. */
const SHUTDOWN_LIMIT_MS = 27_000;
const API_KEYS = `ci:read:${'0'.repeat(64)}`;

describe('the configuration', () => {
  it('has a default for every variable', () => {
    expect(loadConfig({})).toEqual({
      HOST: '127.0.0.1',
      PORT: 8080,
      DATABASE_URL: 'sqlite:data/events.db',
      QUEUE_URL: '',
      QUEUE_REPLICAS: 1,
      QUEUE_CAPACITY: 100_000,
      QUEUE_CAPACITY_BYTES: 67_108_864,
      BATCH_MAX_EVENTS: 5_000,
      EVENT_LIMIT_BYTES: 1_048_576,
      BODY_LIMIT_BYTES: 16_777_216,
      RESPONSE_CAPACITY_BYTES: 134_217_728,
      SHUTDOWN_DELAY_MS: 0,
      API_KEYS: '',
      API_KEYS_FILE: '',
      API_KEY_EVENTS_PER_SECOND: 0,
      API_KEY_BYTES_PER_SECOND: 0,
      CORS_ORIGINS: '',
      METRICS_PUBLIC: 'off',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      ACCESS_LOG: 'off',
    });
  });

  it.each(['sqlite:x.db\r', 'sqlite:x.db ', 'sqlite: x.db', 'sqlite:x\ty.db', 'sqlite:', 'sqlite::memory:'])(
    'rejects the path of %j',
    (url) => {
      expect(() => loadConfig({ DATABASE_URL: url })).toThrow(
        /^  DATABASE_URL=\P{Cc}*: must be "sqlite:" followed by/mu,
      );
    },
  );

  it.each([
    'postgres://localhost',
    'postgresql://user:secret@db.example:5433/events?sslmode=require',
    'postgres:///events?host=/var/run/postgresql',
  ])('accepts the database %s', (DATABASE_URL) => {
    expect(loadConfig({ DATABASE_URL })).toMatchObject({ DATABASE_URL });
  });

  it.each([
    ['postgres://user:s3cr:e/t@p@db.example/a b', 'postgres://user@db.example/a b'],
    ['mysql://user:s3cret@db.example/events', 'mysql://user@db.example/events'],
    ['postgres:// db/events?password=s3cret&user=me', 'postgres:// db/events?password=&user=me'],
  ])('rejects %s with a message without the password', (DATABASE_URL, shown) => {
    expect(() => loadConfig({ DATABASE_URL })).toThrow(`  DATABASE_URL=${shown}: must be "sqlite:"`);
  });

  it('accepts blanks inside the path of the database', () => {
    expect(loadConfig({ DATABASE_URL: 'sqlite:/a folder/x.db' }).DATABASE_URL).toBe('sqlite:/a folder/x.db');
  });

  it.each([
    'nats://127.0.0.1',
    'nats://me:s3cret@a:4222,nats://me:s3cret@[::1]:4223',
    'tls://token@nats.example:4443/',
  ])('accepts the broker %s', (QUEUE_URL) => {
    expect(loadConfig({ DATABASE_URL: 'postgres://db', QUEUE_URL })).toMatchObject({ QUEUE_URL });
  });

  it.each([
    ['nats://a,http://me:s3cret@b', 'entry 2 must be the URL of a server'],
    ['nats://me:s3cret@a,nats://b', 'entry 2 must have the scheme, user and password of entry 1'],
    ['nats://a,tls://b', 'entry 2 must have the scheme, user and password of entry 1'],
    ['nats://me:s3cret@', 'entry 1 must be the URL of a server'],
    ['nats://me:s3cret%@a', 'entry 1 must be the URL of a server'],
    ['nats://a/s3cret', 'entry 1 must be the URL of a server'],
    ['nats://a,', 'entry 2 must be the URL of a server'],
  ])('rejects the broker %s with a message without the password', (QUEUE_URL, problem) => {
    const load = () => loadConfig({ DATABASE_URL: 'postgres://db', QUEUE_URL });
    expect(load).toThrow(`  QUEUE_URL: ${problem}`);
    expect(load).not.toThrow(/s3cret/);
  });

  it('rejects a broker without PostgreSQL', () => {
    const message =
      '  QUEUE_URL: requires a PostgreSQL database in DATABASE_URL, because replicas share the queue';
    expect(() => loadConfig({ QUEUE_URL: 'nats://a' })).toThrow(message);
  });

  it('treats an empty variable as unset', () => {
    expect(loadConfig({ PORT: '', HOST: '' })).toMatchObject({ PORT: 8080, HOST: '127.0.0.1' });
  });

  it('selects every interface only if API keys are set, unless HOST is set', () => {
    expect(loadConfig({ API_KEYS }).HOST).toBe('0.0.0.0');
    expect(loadConfig({ API_KEYS, HOST: '127.0.0.1' }).HOST).toBe('127.0.0.1');
    expect(loadConfig({ HOST: '0.0.0.0' }).HOST).toBe('0.0.0.0');
  });

  it.each([
    '*',
    'https://app.example.com',
    'http://localhost:3000, https://a.example,https://b.example:8443',
  ])('accepts CORS_ORIGINS=%s', (CORS_ORIGINS) => {
    expect(loadConfig({ CORS_ORIGINS })).toMatchObject({ CORS_ORIGINS });
  });

  it.each([
    ['app.example.com', 1],
    ['https://a.example,https://b.example/', 2],
    ['https://a.example:443', 1],
    ['HTTPS://A.example', 1],
    ['https://a.example,', 2],
    ['https://a.example,*', 2],
    ['ftp://a.example', 1],
    ['null', 1],
  ])('rejects CORS_ORIGINS=%s and names the entry', (CORS_ORIGINS, entry) => {
    expect(() => loadConfig({ CORS_ORIGINS })).toThrow(
      `CORS_ORIGINS=${CORS_ORIGINS}: entry ${entry} must be an origin such as https://app.example.com, without a path or a trailing slash; * must be the only entry`,
    );
  });

  it('is rejected with a message that names every invalid variable', () => {
    const environment = {
      PORT: '65536',
      DATABASE_URL: 'postgres:localhost',
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

  it('is rejected with a message whose control characters are escaped', () => {
    const escaped = 'sqlite:x.db\\u000d\\u000a\\u0009\\u001b[2K\\u007f\\u009b';
    expect(() => loadConfig({ DATABASE_URL: 'sqlite:x.db\r\n\t\u001b[2K\u007f\u009b' })).toThrow(
      `The configuration is invalid:\n  DATABASE_URL=${escaped}: must be "sqlite:" followed by`,
    );
  });

  it('ends the process with exit code 1 if it is invalid', async () => {
    await expect(Service.start({ PORT: 'eighty', LOG_LEVEL: 'loud' })).rejects.toThrow(
      /code 1[^]*PORT=eighty: [^]*LOG_LEVEL=loud: /,
    );
  });
});

describe('a database that cannot be opened', () => {
  it('prevents the start with a message that names it: a directory', async () => {
    const database = aDatabase();
    mkdirSync(database);
    await expect(Service.start({}, database)).rejects.toThrow(
      `code 1: The database ${database} cannot be opened: it is not a file`,
    );
  });

  it('prevents the start with a message that names it: a text file', async () => {
    const database = aDatabase();
    writeFileSync(database, 'this is not a database but a text of some length\n'.repeat(100));
    await expect(Service.start({}, database)).rejects.toThrow(database);
  });
});

describe('a port in use', () => {
  it('prevents the start', async () => {
    const service = await Service.start();
    await expect(Service.start({ PORT: new URL(service.url).port })).rejects.toThrow(
      /Cannot listen: .*EADDRINUSE.* Set another HOST or PORT/,
    );
  });
});

describe('a start that fails', () => {
  it.each([
    ['the port is in use', async () => ({ PORT: new URL((await Service.start()).url).port }), /EADDRINUSE/g],
    [
      'the database cannot be opened',
      async () => ({ DATABASE_URL: 'sqlite:/dev/null/x' }),
      /cannot be opened/g,
    ],
    ['the configuration is invalid', async () => ({ PORT: 'eighty' }), /PORT=eighty/g],
  ])('reports its reason once, on stderr, if %s', async (_, environment, reason) => {
    const child = spawnService(aDatabase(), await environment());
    const [output, errors] = await Promise.all([child.stdout!.toArray(), child.stderr!.toArray()]);
    expect(Buffer.concat(output as Buffer[]).toString()).toBe('');
    expect(
      Buffer.concat(errors as Buffer[])
        .toString()
        .match(reason),
    ).toHaveLength(1);
  });
});

describe('the first line of the log', () => {
  it.each([
    [{ HOST: '' }, { host: '127.0.0.1', api_keys: 'not required' }],
    [
      { HOST: '', API_KEYS },
      { host: '0.0.0.0', api_keys: 'required' },
    ],
  ])(
    'reports the address, the database and whether API keys are required: %j',
    async (environment, fields) => {
      const { database, log } = await Service.start(environment);
      expect(JSON.parse(log[0]!)).toMatchObject({
        ...fields,
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        database: `sqlite:${database}`,
        last_seq: 0,
        msg: 'ready',
      });
    },
  );
});

describe('SIGTERM while stdout is not read', () => {
  it('ends the process with exit code 0 and loses no event', async () => {
    const service = await Service.start({ LOG_LEVEL: 'trace' });
    service.process.stdout!.pause();
    // Each event is a line of the log. Together they exceed the buffers of the pipe.
    for (let batch = 0; batch < 4; batch++) expect((await service.publish(events(5_000))).status).toBe(200);
    service.process.kill('SIGTERM');
    await until(() => service.process.exitCode !== null, 'the process has ended', SHUTDOWN_LIMIT_MS);
    expect(service.process.exitCode).toBe(0);
    service.process.stdout!.resume();
    expect(await (await service.restart()).stats()).toMatchObject({ unique_processed: 20_000 });
  });
});

describe('npm run start:prod', () => {
  it('passes SIGTERM on to the service, which drains and ends', async () => {
    const npm = spawn('npm', ['run', '--silent', 'start:prod'], {
      cwd: PROJECT,
      env: { ...process.env, PORT: '0', DATABASE_URL: `sqlite:${aDatabase()}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    npm.stdout.on('data', (text: Buffer) => (output += text.toString()));
    await until(() => output.includes('"ready"'), 'the service is ready');
    npm.kill('SIGTERM');
    // The pipe closes when the service has ended, not only npm.
    await once(npm.stdout, 'close');
    expect(output.trim().split('\n').at(-1)).toContain('"stopped"');
  });
});
