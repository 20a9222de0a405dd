import { createHash, timingSafeEqual } from 'node:crypto';
import { ApiKey, type ApiKeyEntry } from './api-key.js';
import { RateLimit, type Rates } from './rate-limit.js';

/** Returns the configured API keys. Throws if they are invalid. */
export type ReadApiKeys = () => readonly ApiKeyEntry[];

/** The API keys that the service accepts. */
export class ApiKeys {
  private keys: readonly ApiKey[] = [];
  /** The rate limits by name and rates, so that a reload does not fill a bucket. */
  private rateLimits = new Map<string, RateLimit>();
  /** The keys by their configuration, so that a reload does not end what uses an unchanged one. */
  private byEntry = new Map<string, ApiKey>();

  constructor(
    private readonly read: ReadApiKeys,
    /** The rates of API keys without their own. */
    private readonly defaultRates: Rates = {},
  ) {
    this.reload();
  }

  /** Returns the number of API keys. */
  get size(): number {
    return this.keys.length;
  }

  /**
   * Reads the configured API keys again. Ends those that were removed or changed. Throws if one is invalid, and keeps the
   * previous ones.
   */
  reload(): void {
    const before = this.byEntry;
    const rateLimits = new Map<string, RateLimit>();
    this.byEntry = new Map(
      mergeGrants(this.read()).map((entry) => {
        const rates = { ...this.defaultRates, ...entry.rates };
        const id = JSON.stringify([entry.name, rates]);
        const rateLimit = rateLimits.get(id) ?? this.rateLimits.get(id) ?? new RateLimit(entry.name, rates);
        rateLimits.set(id, rateLimit);
        const text = JSON.stringify(entry);
        return [text, before.get(text) ?? new ApiKey(entry, rateLimit.isUnlimited ? undefined : rateLimit)];
      }),
    );
    this.rateLimits = rateLimits;
    this.keys = [...this.byEntry.values()];
    for (const [text, key] of before) if (!this.byEntry.has(text)) key.end();
  }

  /** Ends the API keys that have expired. */
  endExpired(): void {
    for (const key of this.keys) if (key.isExpired()) key.end();
  }

  /** Returns the API key with this text, or undefined if it is unknown. It may have expired. */
  find(text: string): ApiKey | undefined {
    const given = createHash('sha256').update(text).digest();
    let found: ApiKey | undefined;
    // Compares with every hash in constant time, so that the duration does not reveal how close a guess is.
    for (const key of this.keys) if (timingSafeEqual(key.sha256, given)) found = key;
    return found;
  }
}

/** Joins entries of the same API key: one for each of its scopes. */
function mergeGrants(entries: readonly ApiKeyEntry[]): ApiKeyEntry[] {
  const merged = new Map<string, ApiKeyEntry>();
  for (const entry of entries) {
    const known = merged.get(entry.sha256);
    merged.set(entry.sha256, known ? { ...known, grants: [...known.grants, ...entry.grants] } : entry);
  }
  return [...merged.values()];
}
