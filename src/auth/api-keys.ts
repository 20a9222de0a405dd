import { createHash, timingSafeEqual } from 'node:crypto';
import { SCOPES, type Scope } from './access.js';

/** Matches a name. A hash in the wrong field is too long to match, so no error message contains it. */
const NAME = /^[\w.-]{1,32}$/;
const SHA256_HEX = /^[0-9a-f]{64}$/i;
/** SHA-256 of empty input. In `API_KEYS`, it shows that `sha256sum` was run without an API key. */
const EMPTY_KEY_SHA256 = createHash('sha256').digest('hex');
/** Matches credentials (RFC 6750, section 2.1). The scheme is case-insensitive (RFC 9110, section 11.1). */
const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i;

interface ApiKey {
  readonly scope: Scope;
  readonly sha256: Buffer;
}

/** The scopes and SHA-256 hashes of the API keys in `API_KEYS`. */
export class ApiKeys {
  private constructor(private readonly keys: readonly ApiKey[]) {}

  /** Parses `name:scope:sha256-hex`, comma-separated. Throws an Error that names each invalid entry, never its hash. */
  static parse(text: string): ApiKeys {
    const problems: string[] = [];
    const keys: ApiKey[] = [];
    for (const [index, entry] of text.split(',').entries()) {
      const [name, scope, sha256, ...rest] = entry.trim().split(':');
      if (name === undefined || scope === undefined || sha256 === undefined || rest.length > 0) {
        problems.push(`entry ${index + 1} must be name:scope:sha256-hex, with one scope per entry`);
        continue;
      }
      const problem = findProblem(name, scope, sha256);
      if (problem) problems.push(`entry ${index + 1}${NAME.test(name) ? ` (${name})` : ''} ${problem}`);
      else keys.push({ scope: scope as Scope, sha256: Buffer.from(sha256, 'hex') });
    }
    if (problems.length > 0) throw new Error(problems.join(', '));
    return new ApiKeys(keys);
  }

  /** Returns the scopes of the API key in an Authorization header, or undefined if it is missing or unknown. */
  authenticate(authorization: string | undefined): ReadonlySet<Scope> | undefined {
    const token = BEARER.exec(authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    const given = createHash('sha256').update(token).digest();
    const scopes = new Set<Scope>();
    // Compares with every hash in constant time, so that the duration does not reveal how close a guess is.
    for (const { scope, sha256 } of this.keys) if (timingSafeEqual(sha256, given)) scopes.add(scope);
    return scopes.size > 0 ? scopes : undefined;
  }
}

function findProblem(name: string, scope: string, sha256: string): string | undefined {
  if (!NAME.test(name)) return 'must begin with a name of 1 to 32 letters, digits, ".", "_" or "-"';
  if (!SCOPES.includes(scope as Scope)) return `must have the scope ${SCOPES.join(' or ')} after its name`;
  if (!SHA256_HEX.test(sha256)) return 'must end with a SHA-256: 64 hex digits';
  if (sha256.toLowerCase() === EMPTY_KEY_SHA256)
    return 'has the SHA-256 of an empty API key; hash the API key without a line break';
  return undefined;
}
