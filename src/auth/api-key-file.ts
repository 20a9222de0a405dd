import { plainToInstance, Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsOptional,
  Matches,
  NotEquals,
  ValidateNested,
  type ValidationError,
  validateSync,
} from 'class-validator';
import { readFileSync } from 'node:fs';
import { isJsonObject } from '../validation/json-object.js';
import { NAME } from '../validation/name.js';
import { IsTimestamp, parseTimestamp } from '../validation/timestamp.js';
import { WholeNumber } from '../validation/whole-number.js';
import type { Scope } from './access.js';
import type { ApiKeyEntry, Grant } from './api-key.js';
import { EMPTY_KEY_SHA256, IsReadable, KEY_NAME, SHA256_HEX } from './api-key-list.js';

/** Matches `publish`, `publish:orders.>` and the like. */
const GRANT = /^(?:admin|(?:publish|read)(?::.+)?)$/su;
/** Minimum rate in bytes. An event of 16 MiB leaves a debt of four minutes. */
const MIN_BYTES_PER_SECOND = 64 * 1024;

/** An API key in the file. */
class FileEntry {
  @Matches(KEY_NAME, { message: 'must be a name of 1 to 32 letters, digits, ".", "_" or "-"' })
  name!: string;

  @NotEquals(EMPTY_KEY_SHA256, {
    message: 'is the SHA-256 of an empty API key; hash the API key without a line break',
  })
  @Matches(SHA256_HEX, { message: 'must be a SHA-256: 64 hex digits' })
  sha256!: string;

  /** `publish`, `read` or `admin`. The first two may be limited to topics: `publish:orders.>`. */
  @Matches(GRANT, {
    each: true,
    message:
      'must contain publish, read or admin; publish and read may have a topic pattern, as in publish:orders.>',
  })
  @ArrayNotEmpty({ message: 'must not be empty' })
  @IsArray({ message: 'must be an array' })
  scopes!: string[];

  @IsOptional()
  @IsTimestamp()
  expires_at?: string;

  @IsOptional()
  @WholeNumber(1, Number.MAX_SAFE_INTEGER)
  events_per_second?: number;

  @IsOptional()
  @WholeNumber(MIN_BYTES_PER_SECOND, Number.MAX_SAFE_INTEGER)
  bytes_per_second?: number;
}

class ApiKeyFile {
  @ValidateNested({ each: true })
  @Type(() => FileEntry)
  @ArrayNotEmpty({ message: 'must not be empty' })
  @IsArray({ message: 'must be an array of API keys' })
  keys!: FileEntry[];
}

/**
 * Reads a file of API keys: `{"keys": [{"name", "sha256", "scopes", …}]}`. Throws an Error that names each invalid
 * member and contains no hash.
 */
export function readApiKeyFile(path: string): ApiKeyEntry[] {
  const json = parse(read(path));
  const file = plainToInstance(ApiKeyFile, json);
  const errors = validateSync(file, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0) throw new Error(errors.flatMap((error) => describe(error)).join(', '));
  return file.keys.map(toEntry);
}

/** Requires the path of a file of API keys, or an empty text. */
export function IsApiKeyFile(): PropertyDecorator {
  return IsReadable('apiKeyFile', readApiKeyFile);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function parse(text: string): object {
  try {
    const json: unknown = JSON.parse(text);
    if (isJsonObject(json)) return json;
  } catch {
    // The message of JSON.parse contains a part of the file, which may be a hash.
  }
  throw new Error('must be the path of a JSON file: {"keys": […]}');
}

function toEntry({ name, sha256, scopes, ...rest }: FileEntry): ApiKeyEntry {
  const { expires_at, events_per_second, bytes_per_second } = rest;
  return {
    name,
    sha256: sha256.toLowerCase(),
    grants: scopes.map(toGrant),
    ...(expires_at !== undefined && { expiresAt: parseTimestamp(expires_at).getTime() }),
    rates: {
      ...(events_per_second !== undefined && { eventsPerSecond: events_per_second }),
      ...(bytes_per_second !== undefined && { bytesPerSecond: bytes_per_second }),
    },
  };
}

function toGrant(text: string): Grant {
  const colon = text.indexOf(':');
  if (colon < 0) return { scope: text as Scope };
  const topics = text.slice(colon + 1);
  if (!NAME.test(topics)) throw new Error(`the topic pattern of the scope ${text} is invalid`);
  return { scope: text.slice(0, colon) as Scope, topics };
}

/** Returns a text for each invalid member, such as `keys[2].scopes must not be empty`. */
function describe({ property, constraints = {}, children = [] }: ValidationError, parent = ''): string[] {
  const path = /^\d+$/.test(property)
    ? `${parent}[${property}]`
    : parent
      ? `${parent}.${property}`
      : property;
  const own = Object.entries(constraints).map(([name, message]) =>
    name === 'whitelistValidation' ? `${path} is not a member of the file` : `${path} ${message}`,
  );
  return [...own, ...children.flatMap((child) => describe(child, path))];
}
