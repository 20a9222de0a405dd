import { createHash, timingSafeEqual } from 'node:crypto';
import { SCOPES, type Scope } from './access.js';

/** Shorter than a hash, so that one in a name's place is not taken for a name, and told. */
const NAME = /^[\w.-]{1,32}$/;
const SHA256_HEX = /^[0-9a-f]{64}$/i;
/** What `sha256sum` says of nothing: the key was lost on the way to it. */
const OF_NOTHING = createHash('sha256').digest('hex');
/** RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1). */
const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i;

interface ApiKey {
  readonly scope: Scope;
  readonly sha256: Buffer;
}

/** The keys of `API_KEYS`. Of each, only the hash is known here. */
export class ApiKeys {
  private constructor(private readonly keys: readonly ApiKey[]) {}

  /** Reads `name:scope:sha256-hex`, comma-separated. Throws an Error that names each wrong entry, never its hash. */
  static parse(text: string): ApiKeys {
    const faults: string[] = [];
    const keys: ApiKey[] = [];
    for (const [index, entry] of text.split(',').entries()) {
      const [name, scope, sha256, ...rest] = entry.trim().split(':');
      if (name === undefined || scope === undefined || sha256 === undefined || rest.length > 0) {
        faults.push(`entry ${index + 1} must be name:scope:sha256-hex`);
        continue;
      }
      const fault = faultOf(name, scope, sha256);
      if (fault) faults.push(`entry ${index + 1}${NAME.test(name) ? ` (${name})` : ''} ${fault}`);
      else keys.push({ scope: scope as Scope, sha256: Buffer.from(sha256, 'hex') });
    }
    if (faults.length > 0) throw new Error(faults.join(', '));
    return new ApiKeys(keys);
  }

  /** The scopes of the key in an Authorization header; undefined if there is none, or it is not known. */
  scopesOf(authorization: string | undefined): ReadonlySet<Scope> | undefined {
    const token = BEARER.exec(authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    const given = createHash('sha256').update(token).digest();
    const scopes = new Set<Scope>();
    // All of them, always: the time taken must not tell how far a guess came.
    for (const { scope, sha256 } of this.keys) if (timingSafeEqual(sha256, given)) scopes.add(scope);
    return scopes.size > 0 ? scopes : undefined;
  }
}

function faultOf(name: string, scope: string, sha256: string): string | undefined {
  if (!NAME.test(name)) return 'must begin with a name of 1 to 32 letters, digits, ".", "_" or "-"';
  if (!SCOPES.includes(scope as Scope)) return `must have the scope ${SCOPES.join(' or ')} after its name`;
  if (!SHA256_HEX.test(sha256)) return 'must end with a SHA-256: 64 hex digits';
  if (sha256.toLowerCase() === OF_NOTHING) return 'has the SHA-256 of an empty key';
  return undefined;
}
