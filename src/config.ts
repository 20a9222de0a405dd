import { type DynamicModule, Global, Module } from '@nestjs/common';
import { plainToInstance, Transform } from 'class-transformer';
import { IsIn, IsInt, IsNotEmpty, Matches, Max, Min, validateSync } from 'class-validator';

const MIB = 1024 * 1024;

/** Decimal digits become a number; anything else stays as it is, for the check to name it. */
const AsInteger = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value,
  );

/** The whole configuration: one environment variable a property, checked once at start. */
export class Config {
  @IsNotEmpty()
  HOST: string = '0.0.0.0';

  /** 0 lets the system choose a free port. */
  @AsInteger()
  @IsInt()
  @Min(0)
  @Max(65_535)
  PORT: number = 8080;

  /** `sqlite:` and the path of the database file. */
  @Matches(/^sqlite:(?!$|:memory:$)/, { message: 'must be "sqlite:" followed by the path of a file' })
  DATABASE_URL: string = 'sqlite:data/events.db';

  /** Events that may be accepted and not yet stored. */
  @AsInteger()
  @IsInt()
  @Min(1)
  QUEUE_CAPACITY: number = 100_000;

  /** Bytes of those events; request bodies still being received may take as much again. */
  @AsInteger()
  @IsInt()
  @Min(1024)
  QUEUE_CAPACITY_BYTES: number = 64 * MIB;

  /** Events one commit takes at most; a larger request still commits in one piece. */
  @AsInteger()
  @IsInt()
  @Min(1)
  BATCH_MAX_EVENTS: number = 5_000;

  /** Bytes of one request body, counted unpacked. */
  @AsInteger()
  @IsInt()
  @Min(1024)
  @Max(512 * MIB)
  BODY_LIMIT_BYTES: number = 16 * MIB;

  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  LOG_LEVEL: string = 'info';
}

/** Thrown by `loadConfig`: one line for every wrong variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the configuration from environment variables; an empty one counts as unset. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const known = Object.keys(new Config());
  const given = Object.fromEntries(
    known.filter((name) => environment[name]).map((name) => [name, environment[name]]),
  );
  const config = plainToInstance(Config, given);
  const wrong = validateSync(config);
  if (wrong.length > 0) {
    const lines = wrong.map(
      ({ property, constraints }) =>
        `  ${property}=${environment[property]}: ${Object.values(constraints ?? {})
          .map((message) => message.replace(`${property} `, ''))
          .join(', ')}`,
    );
    throw new ConfigError(`The configuration is wrong:\n${lines.join('\n')}`);
  }
  return config;
}

/** Provides `Config` everywhere. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: Config): DynamicModule {
    return { module: ConfigModule, providers: [{ provide: Config, useValue: config }], exports: [Config] };
  }
}
