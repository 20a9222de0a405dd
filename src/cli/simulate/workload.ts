import { randomBytes } from 'node:crypto';
import type { EventDto } from '../../event/event.dto.js';
import type { SimulateOptions } from './options.js';
import { seededRandom } from './random.js';

/** Repeats come half from the last few events, as a retry does, and half from all before, as a replay does. */
const RECENT_KEYS = 100;
const LEVELS = ['debug', 'info', 'warn', 'error'];
const KEY_STRIDE = 0x9e3779b1;

/**
 * Which events are sent and in what order. Each different event has a number, its key, from 0 up; the event is
 * made from it whenever it is needed, so that millions take no memory.
 */
export class Workload {
  /** Events sent, repeats included. */
  readonly size: number;
  /** Different events among them. */
  readonly distinct: number;
  readonly seed: number;
  private readonly topics: number;
  private readonly startedAt = Date.now();
  /** In every event id: the same seed sent to the same service again is new to it. */
  private readonly run = randomBytes(6).toString('hex');

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

  /** The keys to send, in order, at most `length` at a time. */
  *batches(length: number): Generator<readonly number[], void, void> {
    let batch: number[] = [];
    for (const key of this.keys()) {
      if (batch.push(key) < length) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  /** The same event, deep-equal, however often it is asked for. */
  event(key: number): EventDto {
    const random = seededRandom(this.seed + Math.imul(key + 1, KEY_STRIDE));
    return {
      topic: `simulated-${1 + Math.floor(random() * this.topics)}`,
      event_id: `${this.run}-${key}`,
      timestamp: new Date(this.startedAt - this.distinct + key).toISOString(),
      source: 'simulate',
      payload: {
        level: LEVELS[Math.floor(random() * LEVELS.length)],
        message: `request ${key} handled`,
        request: {
          path: `/orders/${Math.floor(random() * 100_000)}`,
          duration_ms: Math.round(random() * 5000) / 10,
        },
      },
    };
  }

  /** Selection sampling: every place but the first is as likely to be a repeat, and their number is exact. */
  private *keys(): Generator<number, void, void> {
    const random = seededRandom(this.seed);
    let fresh = 0;
    for (let left = this.size; left > 0; left--) {
      const repeatsLeft = left - (this.distinct - fresh);
      if (fresh === 0 || random() * left >= repeatsLeft) {
        yield fresh++;
      } else {
        const among = random() < 0.5 ? Math.min(fresh, RECENT_KEYS) : fresh;
        yield fresh - 1 - Math.floor(random() * among);
      }
    }
  }
}
