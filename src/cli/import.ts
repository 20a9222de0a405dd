import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { readLines } from '../ingest/lines.js';
import { CommandError, EXIT, onlyPositional, readArguments, UsageError } from './command.js';
import { Progress } from './progress.js';
import { untilSignal } from './signals.js';
import { ImportRequest } from './transfer/import-request.js';
import { ImportTotals } from './transfer/import-totals.js';
import { DEFAULT_URL, ServiceClient } from './transfer/service-client.js';
import { toPublishable } from './transfer/publishable-line.js';

/** Exceeds the largest event that a service can accept, with its seq and processed_at. */
const MAX_LINE_BYTES = 17 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

export const HELP = `Publishes the events of an export, or of any NDJSON, to a running service, in order. Removes seq and
processed_at, which that service assigns. Retries what fails. Running it again is safe: events that are
stored are duplicates.

  pubsub-log-aggregator import [FILE] [OPTIONS]

  FILE       NDJSON                                   (stdin)
  --url URL  address of the service                   (${DEFAULT_URL})
  --skip N   lines at the beginning that are skipped  (0)

AGGREGATOR_API_KEY is an API key with the scope publish, if the service requires one.
Fails if there are conflicts or rejected lines.`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments({
    args,
    allowPositionals: true,
    options: {
      url: { type: 'string', default: DEFAULT_URL },
      skip: { type: 'string', default: '0' },
    },
  });
  const { url, skip } = values;
  if (!/^\d{1,15}$/.test(skip)) throw new UsageError(`--skip ${skip}: must be a number of lines`);
  const file = positionals.length === 0 ? '-' : onlyPositional(positionals, 'FILE');
  return untilSignal(async (signal) => {
    const client = new ServiceClient(url, signal);
    const { input, bytes } = file === '-' ? { input: process.stdin, bytes: undefined } : await openFile(file);
    const totals = new ImportTotals(Number(skip));
    try {
      await importAll(client, input, bytes, totals, signal);
    } catch (error) {
      console.error(`Imported up to line ${totals.line}. Continue with --skip ${totals.line}.`);
      throw error;
    } finally {
      input.destroy();
      for (const problem of totals.problems) console.error(problem);
      console.log(totals.toString());
    }
    return totals.hasFailures ? EXIT.failed : EXIT.ok;
  });
}

async function openFile(file: string): Promise<{ input: Readable; bytes: number }> {
  try {
    const handle = await open(file);
    const { size: bytes } = await handle.stat();
    return { input: createReadStream(file, { fd: handle, highWaterMark: READ_BYTES }), bytes };
  } catch (error) {
    throw new CommandError((error as Error).message, { cause: error });
  }
}

async function importAll(
  client: ServiceClient,
  input: Readable,
  totalBytes: number | undefined,
  totals: ImportTotals,
  signal: AbortSignal,
): Promise<void> {
  const progress = new Progress();
  const skipped = totals.line;
  // Ends a read of stdin that waits.
  const stop = () => input.destroy(new Error('stopped'));
  signal.addEventListener('abort', stop);
  let request = new ImportRequest();
  let read = 0;
  const send = async () => {
    await request.send(client, totals);
    request = new ImportRequest();
    if (totalBytes === undefined) progress.report('Importing lines', totals.line);
    else progress.report('Importing', Math.min(read, totalBytes), totalBytes);
  };
  try {
    for await (const { lines, size } of readLines(input, MAX_LINE_BYTES)) {
      read += size;
      for (const { number, bytes, problem } of lines) {
        if (number <= skipped) continue;
        if (bytes) request.add(number, toPublishable(bytes));
        else totals.reject(number, problem ?? 'cannot be read');
        if (request.isFull) await send();
      }
    }
    await send();
  } finally {
    signal.removeEventListener('abort', stop);
    progress.stop();
  }
}
