import { randomInt } from 'node:crypto';
import { readArguments, UsageError } from '../command.js';
import { apiKeyOf, readUrl } from '../service-url.js';

export const HELP = `Publishes events like an at-least-once publisher, with repeats and retries. Then checks that the
service's statistics changed by exactly the events sent. No other publisher may use the service
during the run, because its events would be counted too.

  pubsub-log-aggregator simulate [OPTIONS]

  --url URL           address of the service, or of each replica, comma-separated
                                                                    (http://127.0.0.1:8080)
  --events N          events to send, including repeats             (5000)
  --duplicates F      fraction of them that repeat an earlier one   (0.2)
  --batch N           events per request                            (1)
  --concurrency N     requests in flight                            (50)
  --topics N          topics of the events                          (5)
  --seed N            reproduces topics, payloads and repeats, but not the event ids,
                      so that a second run sends new events         (random)
  --key KEY           API key with the scopes publish and read, if the service requires one
                                                                    ($AGGREGATOR_API_KEY)

Fails if the totals are inconsistent.`;

export interface SimulateOptions {
  /** The addresses of the replicas, all with the same scheme. */
  readonly urls: readonly URL[];
  /** Number of events to send, including repeats. */
  readonly events: number;
  /** Number of events that repeat an earlier one. Always less than `events`. */
  readonly repeats: number;
  /** Events per request. */
  readonly batch: number;
  /** Requests in flight. */
  readonly concurrency: number;
  readonly topics: number;
  readonly seed: number;
  readonly key: string | undefined;
}

const MAX_EVENTS = 10_000_000;
/** Maximum number of events per request that the service accepts. */
const MAX_BATCH = 10_000;
const MAX_CONCURRENCY = 1000;
const MAX_TOPICS = 1000;
const SEEDS = 2 ** 32;

/** Parses the command line. Throws `UsageError` with one line for each invalid option. */
export function readOptions(args: string[]): SimulateOptions {
  const given = parse(args);
  const problems: string[] = [];

  const integer = (
    name: 'events' | 'batch' | 'concurrency' | 'topics' | 'seed',
    min: number,
    max: number,
  ) => {
    const value = /^\d+$/.test(given[name]) ? Number(given[name]) : NaN;
    if (!(value >= min && value <= max))
      problems.push(`--${name} ${given[name]}: must be a whole number from ${min} to ${max}`);
    return value;
  };

  const urls = given.url.split(',').map(readUrl);
  if (!areUsable(urls))
    problems.push(
      `--url ${given.url}: must be an address such as http://127.0.0.1:8080, or several with the same scheme, comma-separated`,
    );
  const events = integer('events', 1, MAX_EVENTS);
  const fraction = given.duplicates.trim() === '' ? NaN : Number(given.duplicates);
  if (!(fraction >= 0 && fraction < 1))
    problems.push(`--duplicates ${given.duplicates}: must be a fraction from 0 to less than 1`);
  const repeats = Math.round(events * fraction);
  if (events > 0 && fraction < 1 && repeats >= events)
    problems.push(
      `--duplicates ${given.duplicates}: leaves no event to repeat; use a smaller fraction, or --events above ${events}`,
    );
  const batch = integer('batch', 1, MAX_BATCH);
  const concurrency = integer('concurrency', 1, MAX_CONCURRENCY);
  const topics = integer('topics', 1, MAX_TOPICS);
  const seed = integer('seed', 0, SEEDS - 1);
  if (!areUsable(urls) || problems.length > 0) throw new UsageError(problems.join('\n'));
  return { urls, events, repeats, batch, concurrency, topics, seed, key: given.key ?? apiKeyOf(process.env) };
}

function parse(args: string[]) {
  return readArguments({
    args,
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:8080' },
      events: { type: 'string', default: '5000' },
      duplicates: { type: 'string', default: '0.2' },
      batch: { type: 'string', default: '1' },
      concurrency: { type: 'string', default: '50' },
      topics: { type: 'string', default: '5' },
      seed: { type: 'string', default: String(randomInt(SEEDS)) },
      key: { type: 'string' },
    },
  }).values;
}

function areUsable(urls: readonly (URL | undefined)[]): urls is URL[] {
  return urls.every((url) => url !== undefined && url.protocol === urls[0]?.protocol);
}
