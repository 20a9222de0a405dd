import { Buffer } from 'node:buffer';
import type { StatsResponse } from '../stats/stats.dto.js';
import { CommandError, EXIT, readArguments, UsageError } from './command.js';
import { Progress } from './progress.js';
import { untilSignal } from './signals.js';
import { type LineSink, openExportFile, seqOf, standardOutput } from './transfer/export-file.js';
import { DEFAULT_URL, FailedAttempt, ServiceClient } from './transfer/service-client.js';

const NEWLINE = 0x0a;
const FORBIDDEN = 403;

export const HELP = `Writes the events of a running service as NDJSON, one per line, in the order of seq. Continues after an
interrupted connection. A failed export can be continued by seq.

  pubsub-log-aggregator export [OPTIONS]

  --url URL         address of the service                      (${DEFAULT_URL})
  --output FILE     must not exist, except with --resume        (stdout)
  --resume          continues FILE after its last complete line
  --after SEQ       events with a greater seq                   (0)
  --topic TOPIC     events of a topic, or of a pattern such as user.*
  --match exact     TOPIC is the name of one topic, even if it looks like a pattern
  --source SOURCE   events of a source
  --since TIME      events stored at this time (RFC 3339) or later
  --until TIME      events stored before this time

AGGREGATOR_API_KEY is an API key with the scope read, if the service requires one.`;

const SELECTION = ['topic', 'match', 'source', 'since', 'until'] as const;

/** Where an export is. */
interface Position {
  seq: number;
  events: number;
}

export async function run(args: string[]): Promise<number> {
  const { values } = readArguments({
    args,
    options: {
      url: { type: 'string', default: DEFAULT_URL },
      output: { type: 'string' },
      resume: { type: 'boolean', default: false },
      after: { type: 'string', default: '0' },
      topic: { type: 'string' },
      match: { type: 'string' },
      source: { type: 'string' },
      since: { type: 'string' },
      until: { type: 'string' },
    },
  });
  const { output, resume, after } = values;
  if (!/^\d{1,15}$/.test(after)) throw new UsageError(`--after ${after}: must be a seq, a whole number`);
  if (resume && output === undefined) throw new UsageError('--resume requires --output FILE');
  const query = new URLSearchParams({ order: 'asc' });
  for (const name of SELECTION) if (values[name] !== undefined) query.set(name, values[name]);

  return untilSignal(async (signal) => {
    const client = new ServiceClient(values.url, signal);
    const sink = output === undefined ? standardOutput() : await openExportFile(output, resume);
    const position: Position = { seq: sink.lastSeq ?? Number(after), events: 0 };
    try {
      await exportAll(client, query, sink, position);
      console.error(`Exported ${position.events} events, up to seq ${position.seq}.`);
      return EXIT.ok;
    } catch (error) {
      const again = output === undefined ? `--after ${position.seq}` : '--resume';
      console.error(`Exported ${position.events} events, up to seq ${position.seq}. Continue with ${again}.`);
      throw error;
    } finally {
      await sink.close();
    }
  });
}

async function exportAll(
  client: ServiceClient,
  query: URLSearchParams,
  sink: LineSink,
  position: Position,
): Promise<void> {
  const progress = new Progress();
  const here = () => position.seq;
  try {
    const lastSeq = await client.retry(() => client.exchange('stats', {}, readLastSeq, [FORBIDDEN]), here);
    const onLines = () =>
      progress.report('Exporting', position.seq, lastSeq && Math.max(position.seq, lastSeq));
    await client.retry(() => exportRest(client, query, sink, position, onLines), here);
  } finally {
    progress.stop();
  }
}

/** Returns the last seq. An API key that is limited to topics cannot read it, so the end of the export is unknown. */
async function readLastSeq(response: Response): Promise<number | undefined> {
  const stats = (await response.json()) as StatsResponse;
  return response.status === FORBIDDEN ? undefined : stats.unique_processed;
}

/** Exports the events after the position, which is moved with each write. */
async function exportRest(
  client: ServiceClient,
  query: URLSearchParams,
  sink: LineSink,
  position: Position,
  onLines: () => void,
): Promise<void> {
  query.set('after', String(position.seq));
  // Compression would cost the service more than the export itself.
  const headers = { accept: 'application/x-ndjson', 'accept-encoding': 'identity' };
  await client.exchange(`events?${query.toString()}`, { headers }, async (response, touch) => {
    let rest: Buffer[] = [];
    for await (const bytes of response.body!) {
      touch();
      const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        const lines = Buffer.concat([...rest, chunk.subarray(0, end)]);
        const moved = positionAfter(lines, position);
        await sink.write(lines);
        touch();
        Object.assign(position, moved);
        onLines();
        rest = [];
      }
      if (end < chunk.length) rest.push(chunk.subarray(end));
    }
    if (rest.length > 0) throw new FailedAttempt('the response ended within a line');
  });
}

/** Returns the position after whole lines. Throws `CommandError` if they are not events. */
function positionAfter(lines: Buffer, { events }: Position): Position {
  let count = 0;
  for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) count++;
  const last = lines.lastIndexOf(NEWLINE, -2) + 1;
  const seq = seqOf(lines, last);
  if (seq === undefined)
    throw new CommandError('GET /events: the response has no events. Check the address of the service.');
  return { seq, events: events + count };
}
