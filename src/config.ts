import { type DynamicModule, Global, Module } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { IsIn, Matches, validateSync } from 'class-validator';
import { IsApiKeyFile } from './auth/api-key-file.js';
import { IsApiKeyList } from './auth/api-key-list.js';
import type { LogFormat } from './logger.js';
import { IsQueueUrl } from './queue/queue-url.js';
import { IsOriginList } from './validation/origin-list.js';
import { WholeNumber } from './validation/whole-number.js';

/** Variables whose values must not appear in an error message. */
const SECRETS = new Set(['API_KEYS', 'QUEUE_URL']);
const SQLITE_URL = /^sqlite:(?!:memory:$)(?=\S)\P{Cc}*(?<=\S)$/u;
const POSTGRES_URL = /^postgres(ql)?:\/\/[^\s\p{Cc}]+$/u;
const LOOPBACK = '127.0.0.1';
const ALL_INTERFACES = '0.0.0.0';
const MIB = 1024 * 1024;

/** The configuration, with one property per environment variable. It is validated once at start. */
export class Config {
  /**
   * IP address or host name to listen on. Defaults to all interfaces if there are API keys, otherwise to loopback,
   * because without API keys every caller may publish and read.
   */
  @Matches(/^[\w.:%-]+$/, { message: 'must be an IP address or a host name' })
  HOST: string = LOOPBACK;

  /** TCP port to listen on. 0 selects a free port. */
  @WholeNumber(0, 65_535)
  PORT: number = 8080;

  /**
   * Either `sqlite:` followed by the path of the database file, or the URL of a database in PostgreSQL 15 or later. The
   * URL has the syntax of libpq, such as `postgres://user:password@host:5432/name?sslmode=verify-full`. It may contain
   * several hosts, separated by commas. The service then uses the primary.
   */
  @Matches(new RegExp(`${SQLITE_URL.source}|${POSTGRES_URL.source}`, 'u'), {
    message:
      'must be "sqlite:" followed by the path of a file, without blanks at either end and without control characters, or the URL of a PostgreSQL database, such as postgres://user@host/name',
  })
  DATABASE_URL: string = 'sqlite:data/events.db';

  /**
   * Comma-separated URLs of NATS servers, such as `nats://user:password@host:4222` or `tls://host`. JetStream on these
   * servers keeps the submissions that are acknowledged with 202. Requires PostgreSQL. If empty, these submissions are
   * kept in memory.
   */
  @IsQueueUrl()
  QUEUE_URL: string = '';

  /** Number of NATS servers that keep a copy of the queue. More than one requires a NATS cluster. */
  @WholeNumber(1, 5)
  QUEUE_REPLICAS: number = 1;

  /**
   * Maximum number of events that are accepted but not stored yet. With QUEUE_URL, the limit applies separately to the
   * memory and to the broker.
   */
  @WholeNumber(1, Number.MAX_SAFE_INTEGER)
  QUEUE_CAPACITY: number = 100_000;

  /**
   * Maximum estimated memory of these events, in bytes. JSON bodies in transit may use the same amount in addition, or
   * BODY_LIMIT_BYTES if that is larger. NDJSON uploads may also use the same amount, or 3 MiB if that is larger.
   */
  @WholeNumber(1024, Number.MAX_SAFE_INTEGER)
  QUEUE_CAPACITY_BYTES: number = 64 * MIB;

  /** Maximum number of events per commit. A JSON request with more events is still committed in one transaction. */
  @WholeNumber(1, Number.MAX_SAFE_INTEGER)
  BATCH_MAX_EVENTS: number = 5_000;

  /**
   * Maximum size of one event in bytes. Applies to a JSON body with one event, an element of a batch, and a line of
   * NDJSON. Bounds the time for which parsing and comparing one event delays all other requests.
   */
  @WholeNumber(1024, 16 * MIB)
  EVENT_LIMIT_BYTES: number = 1 * MIB;

  /** Maximum size of one JSON body in bytes, after decompression. Also limits the size of an event. */
  @WholeNumber(1024, 512 * MIB)
  BODY_LIMIT_BYTES: number = 16 * MIB;

  /**
   * Maximum total size in bytes of the responses that clients have not read yet. Above this limit, streams and exports
   * wait, and other responses are replaced by a 503.
   */
  @WholeNumber(1024, Number.MAX_SAFE_INTEGER)
  RESPONSE_CAPACITY_BYTES: number = 128 * MIB;

  /**
   * Time after SIGTERM in which `/health` and `/health/ready` return 503 and requests are still served. Load balancers
   * need it to send requests elsewhere.
   */
  @WholeNumber(0, 300_000)
  SHUTDOWN_DELAY_MS: number = 0;

  /** `name:scope:sha256-hex`, comma-separated. If this and API_KEYS_FILE are empty, no API key is required. */
  @IsApiKeyList()
  API_KEYS: string = '';

  /** Path of a JSON file with more API keys. Read again when it changes and on SIGHUP. */
  @IsApiKeyFile()
  API_KEYS_FILE: string = '';

  /** Maximum events per second of each API key without a limit of its own. 0 means unlimited. */
  @WholeNumber(0, Number.MAX_SAFE_INTEGER)
  API_KEY_EVENTS_PER_SECOND: number = 0;

  /** Maximum bytes of events per second of each API key without a limit of its own. 0 means unlimited. */
  @WholeNumber(0, Number.MAX_SAFE_INTEGER)
  API_KEY_BYTES_PER_SECOND: number = 0;

  /** Origins whose pages may call the service, comma-separated, or `*`. If empty, CORS is off. */
  @IsOriginList()
  CORS_ORIGINS: string = '';

  /** Whether `/metrics` requires no API key, if there are API keys. */
  @IsIn(['off', 'on'])
  METRICS_PUBLIC: 'off' | 'on' = 'off';

  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  LOG_LEVEL: string = 'info';

  /** Format of the log: JSON lines, or text for people. */
  @IsIn(['json', 'pretty'])
  LOG_FORMAT: LogFormat = 'json';

  /** Whether the log has a line for each request. */
  @IsIn(['off', 'on'])
  ACCESS_LOG: 'off' | 'on' = 'off';

  get requiresApiKeys(): boolean {
    return this.API_KEYS !== '' || this.API_KEYS_FILE !== '';
  }
}

/** Reports an invalid configuration. The message has one line for each invalid variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the configuration from environment variables. An empty variable counts as unset. Throws `ConfigError`. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const known = Object.keys(new Config());
  const given = Object.fromEntries(
    known.filter((name) => environment[name]).map((name) => [name, environment[name]]),
  );
  if (given['API_KEYS'] || given['API_KEYS_FILE']) given['HOST'] ??= ALL_INTERFACES;
  const config = plainToInstance(Config, given);
  const problems = validateSync(config);
  if (problems.length > 0) {
    const lines = problems.map(({ property, constraints }) => {
      const value = withoutPassword(environment[property]!);
      const shown = SECRETS.has(property) ? property : `${property}=${escapeControls(value)}`;
      const messages = Object.values(constraints ?? {}).map((message) => message.replace(`${property} `, ''));
      return `  ${shown}: ${messages.join(', ')}`;
    });
    throw new ConfigError(`The configuration is invalid:\n${lines.join('\n')}`);
  }
  return config;
}

/** Removes the password from a database URL, for logs and error messages. */
export function withoutPassword(url: string): string {
  return url.replace(/^([^/]*:\/\/[^:]*):.*@/su, '$1@').replaceAll(/(?<=[?&]password=)[^&]*/g, '');
}

/** Escapes control characters, because a carriage return would overwrite the line in a terminal. */
function escapeControls(text: string): string {
  return text.replaceAll(
    /\p{Cc}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Provides `Config` to every module. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: Config): DynamicModule {
    return { module: ConfigModule, providers: [{ provide: Config, useValue: config }], exports: [Config] };
  }
}
