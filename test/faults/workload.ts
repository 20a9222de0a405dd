import { seededRandom } from '../../src/cli/simulate/random.js';
import type { SentEvent } from './history.js';

const TOPICS = ['orders', 'payments', 'audit', 'ünïcode/✓'];
const LARGEST_BATCH = 50;
/** Number of recent keys that half of the duplicates repeat, some of them in flight. The others repeat any key. */
const RECENT_KEYS = 50;

export interface PublishRequest {
  readonly events: readonly SentEvent[];
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the service must reject it. */
  readonly invalid: boolean;
}

/** Generates the publishers' requests. The seed determines them, but not which of them are concurrent. */
export class Workload {
  private readonly random: () => number;
  private readonly sent: SentEvent[] = [];
  private readonly retries: PublishRequest[] = [];
  private attempts = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** Returns the events of a request without a result again, with a new source, or else a new request. */
  next(): PublishRequest {
    const source = `attempt-${++this.attempts}`;
    const again = this.retries.pop();
    if (again) return request(again.events.map((event) => ({ ...event, source })));
    const dice = this.random();
    const size = dice < 0.5 ? 1 : 1 + this.below(LARGEST_BATCH);
    const events = Array.from({ length: size }, () => this.event(source));
    if (dice >= 0.45 && dice < 0.5) return this.invalid(events);
    for (const event of events) this.sent.push(event);
    return request(events, dice >= 0.9 ? { prefer: 'respond-async' } : {});
  }

  /** Takes back a request without a result. A later `next` returns its events again. */
  retry(failed: PublishRequest): void {
    if (!failed.invalid) this.retries.push(failed);
  }

  private event(source: string): SentEvent {
    const dice = this.random();
    if (this.sent.length === 0 || dice < 0.6) return this.fresh(source);
    const recent = this.random() < 0.5 ? Math.min(RECENT_KEYS, this.sent.length) : this.sent.length;
    const original = this.sent[this.sent.length - 1 - this.below(recent)]!;
    if (dice < 0.8) return { ...original, source };
    const { number, text } = original.payload;
    // The order of members does not change a payload.
    if (dice < 0.9) return { ...original, source, payload: { text, number } };
    return { ...original, source, payload: { number, text: `${String(text)}!` } };
  }

  private fresh(source: string): SentEvent {
    const number = this.sent.length;
    return {
      topic: TOPICS[this.below(TOPICS.length)]!,
      event_id: `${source}-${number}-${this.below(1_000_000)}`,
      timestamp: new Date(1_769_860_800_000 + number).toISOString(),
      source,
      payload: { number, text: 'ä"\u2028\\'.repeat(1 + this.below(20)) },
    };
  }

  /** Returns an invalid request. Its keys are never sent again, so that a row with one of them reveals a fault. */
  private invalid(events: readonly SentEvent[]): PublishRequest {
    const fresh = events.map(({ source }) => this.fresh(`${source}-rejected`));
    const { body, headers } = request([...fresh, { ...fresh[0]!, event_id: '' }]);
    return [
      { events: fresh, body, headers, invalid: true },
      { events: fresh, body: body.slice(0, -1), headers, invalid: true },
      { events: fresh, body, headers: { 'content-type': 'text/plain' }, invalid: true },
    ][this.below(3)]!;
  }

  private below(bound: number): number {
    return Math.floor(this.random() * bound);
  }
}

/** Returns a request of these events. A single event is sent as an object. */
export function request(
  events: readonly SentEvent[],
  headers: Readonly<Record<string, string>> = {},
): PublishRequest {
  return {
    events,
    body: JSON.stringify(events.length === 1 ? events[0] : events),
    headers: { 'content-type': 'application/json', ...headers },
    invalid: false,
  };
}
