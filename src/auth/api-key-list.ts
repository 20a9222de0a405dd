import { ValidateBy, type ValidationArguments } from 'class-validator';
import { createHash } from 'node:crypto';
import { SCOPES, type Scope } from './access.js';
import type { ApiKeyEntry } from './api-key.js';

/** Matches a name. A hash in the wrong field is too long to match, so no error message contains it. */
export const KEY_NAME = /^[\w.-]{1,32}$/;
export const SHA256_HEX = /^[0-9a-f]{64}$/i;
/** SHA-256 of empty input. It shows that `sha256sum` was run without an API key. */
export const EMPTY_KEY_SHA256 = createHash('sha256').digest('hex');

/**
 * Parses the value of `API_KEYS`: `name:scope:sha256-hex`, comma-separated. Throws an Error that names each invalid
 * entry and never contains a hash.
 */
export function parseApiKeyList(text: string): ApiKeyEntry[] {
  const problems: string[] = [];
  const entries: ApiKeyEntry[] = [];
  for (const [index, entry] of text.split(',').entries()) {
    const [name, scope, sha256, ...rest] = entry.trim().split(':');
    if (name === undefined || scope === undefined || sha256 === undefined || rest.length > 0) {
      problems.push(`entry ${index + 1} must be name:scope:sha256-hex, with one scope per entry`);
      continue;
    }
    const problem = findProblem(name, scope, sha256);
    if (problem) problems.push(`entry ${index + 1}${KEY_NAME.test(name) ? ` (${name})` : ''} ${problem}`);
    else entries.push({ name, sha256: sha256.toLowerCase(), grants: [{ scope: scope as Scope }], rates: {} });
  }
  if (problems.length > 0) throw new Error(problems.join(', '));
  return entries;
}

/** Requires a list of API keys, or an empty text. */
export function IsApiKeyList(): PropertyDecorator {
  return IsReadable('apiKeyList', parseApiKeyList);
}

/** Requires a text that `read` accepts, or an empty text. The message is that of the error of `read`. */
export function IsReadable(name: string, read: (text: string) => unknown): PropertyDecorator {
  const findError = (text: string): string | undefined => {
    try {
      if (text !== '') read(text);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  return ValidateBy({
    name,
    validator: {
      validate: (value) => findError(value as string) === undefined,
      defaultMessage: (validation?: ValidationArguments) => findError(validation!.value as string) ?? '',
    },
  });
}

function findProblem(name: string, scope: string, sha256: string): string | undefined {
  if (!KEY_NAME.test(name)) return 'must begin with a name of 1 to 32 letters, digits, ".", "_" or "-"';
  if (!SCOPES.includes(scope as Scope)) return 'must have the scope publish, read or admin after its name';
  if (!SHA256_HEX.test(sha256)) return 'must end with a SHA-256: 64 hex digits';
  if (sha256.toLowerCase() === EMPTY_KEY_SHA256)
    return 'has the SHA-256 of an empty API key; hash the API key without a line break';
  return undefined;
}
