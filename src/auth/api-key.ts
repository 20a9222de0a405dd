import { type EventSelection, topicPattern } from '../event/selection.js';
import { coversPattern, matchesPattern } from '../event/topic-pattern.js';
import type { Scope } from './access.js';
import type { RateLimit, Rates } from './rate-limit.js';

/** A scope, for all topics or for those that match a pattern. */
export interface Grant {
  readonly scope: Scope;
  readonly topics?: string;
}

/** An API key as configured. */
export interface ApiKeyEntry {
  readonly name: string;
  /** SHA-256 of the API key: 64 lower-case hex digits. */
  readonly sha256: string;
  readonly grants: readonly Grant[];
  /** Time in milliseconds since 1970. The API key is valid before it. */
  readonly expiresAt?: number;
  readonly rates: Rates;
}

/** An API key and what it permits. */
export class ApiKey {
  readonly name: string;
  readonly sha256: Buffer;
  private readonly ending = new AbortController();
  /** The topic patterns of each scope, or `all`. Prepared here, because each line of an upload is checked. */
  private readonly topics: Readonly<Record<Scope, readonly string[] | 'all'>>;

  constructor(
    private readonly entry: ApiKeyEntry,
    /** Absent if the rate is unlimited. Keys of the same name share it. */
    readonly rateLimit?: RateLimit,
  ) {
    this.name = entry.name;
    this.sha256 = Buffer.from(entry.sha256, 'hex');
    const { grants } = entry;
    this.topics = {
      publish: topicsOf(grants, 'publish'),
      read: topicsOf(grants, 'read'),
      admin: topicsOf(grants, 'admin'),
    };
  }

  /** Calls `onEnd` when the API key expires or is removed, unless `signal` is aborted before. */
  whenEnded(onEnd: () => void, signal: AbortSignal): void {
    this.ending.signal.addEventListener('abort', onEnd, { once: true, signal });
  }

  /** Ends what still uses the API key. */
  end(): void {
    this.ending.abort();
  }

  isExpired(now = Date.now()): boolean {
    return this.entry.expiresAt !== undefined && now >= this.entry.expiresAt;
  }

  /** Returns whether the API key has the scope, for all topics or for some. */
  has(scope: Scope): boolean {
    return this.topics[scope].length > 0;
  }

  /** Returns whether the API key has the scope for all topics. */
  coversAll(scope: Scope): boolean {
    return this.topics[scope] === 'all';
  }

  /** Returns whether the API key has the scope for this topic. */
  covers(scope: Scope, topic: string): boolean {
    const topics = this.topics[scope];
    return topics === 'all' || topics.some((pattern) => matchesPattern(pattern, topic));
  }

  /** Returns whether one grant of the scope includes every topic that is selected. */
  coversSelection(scope: Scope, selection: EventSelection): boolean {
    const topics = this.topics[scope];
    if (topics === 'all') return true;
    const { topic } = selection;
    if (typeof topic !== 'string') return false;
    const selected = topicPattern(selection);
    if (selected === undefined) return this.covers(scope, topic);
    return topics.some((pattern) => coversPattern(pattern, selected));
  }
}

/** Returns the topic patterns for which the grants include the scope. */
function topicsOf(grants: readonly Grant[], scope: Scope): readonly string[] | 'all' {
  const patterns: string[] = [];
  for (const { scope: granted, topics } of grants) {
    if (granted !== scope && granted !== 'admin') continue;
    if (topics === undefined) return 'all';
    patterns.push(topics);
  }
  return patterns;
}
