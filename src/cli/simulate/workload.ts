import { randomBytes } from 'node:crypto';
import type { EventDto } from '../../event/event.dto.js';
import type { SimulateOptions } from './options.js';
import { seededRandom } from './random.js';

/**
 * Number of recent events from which about half of the repeats are drawn, like retries. The other repeats are drawn
 * from all earlier events, like replays.
 */
const RECENT_EVENTS = 100;
const LEVELS = ['debug', 'info', 'warn', 'error'];
/**
 * Multiplier of Knuth's hashing, a prime near 2^32 divided by the golden ratio. Spreads the seeds of consecutive
 * events.
 */
const SEED_STRIDE = 0x9e3779b1;

/**
 * Determines the events to send, and their order. Each distinct event has a number, from 0. The event is computed
 * from its number on demand, so that millions of events use no memory.
 */
export class Workload {
  /** Number of events sent, including repeats. */
  readonly size: number;
  /** Number of distinct events among them. */
  readonly distinct: number;
  readonly seed: number;
  private readonly topics: number;
  private readonly startedAt = Date.now();
  /** Part of every event id, so that a second run with the same seed sends new events. */
  private readonly runId = randomBytes(6).toString('hex');

  constructor({
    events,
    repeats,
    topics,
    seed,
  }: Pick<SimulateOptions, 'events' | 'repeats' | 'topics' | 'seed'>) {
    this.size = events;
    this.distinct = events - repeats;
    this.seed = seed;
    this.topics = topics;
  }

  /** Yields the numbers of the events to send, in order, at most `length` at a time. */
  *batches(length: number): Generator<readonly number[], void, void> {
    let batch: number[] = [];
    for (const number of this.numbers()) {
      if (batch.push(number) < length) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  /** Returns the event with this number. Repeated calls return deep-equal events. */
  event(number: number): EventDto {
    const random = seededRandom(this.seed + Math.imul(number + 1, SEED_STRIDE));
    return {
      topic: `simulated-${1 + Math.floor(random() * this.topics)}`,
      event_id: `${this.runId}-${number}`,
      timestamp: new Date(this.startedAt - this.distinct + number).toISOString(),
      source: 'simulate',
      payload: {
        level: LEVELS[Math.floor(random() * LEVELS.length)],
        message: `request ${number} handled`,
        request: {
          path: `/orders/${Math.floor(random() * 100_000)}`,
          duration_ms: Math.round(random() * 5000) / 10,
        },
      },
    };
  }

  /**
   * Yields event numbers, with repeats placed by selection sampling (Knuth, TAOCP vol. 2, 3.4.2, Algorithm S). Each
   * position except the first is equally likely to be a repeat. The number of repeats is exact.
   */
  private *numbers(): Generator<number, void, void> {
    const random = seededRandom(this.seed);
    let distinctYielded = 0;
    for (let left = this.size; left > 0; left--) {
      const repeatsLeft = left - (this.distinct - distinctYielded);
      if (distinctYielded === 0 || random() * left >= repeatsLeft) {
        yield distinctYielded++;
      } else {
        const candidates = random() < 0.5 ? Math.min(distinctYielded, RECENT_EVENTS) : distinctYielded;
        yield distinctYielded - 1 - Math.floor(random() * candidates);
      }
    }
  }
}
