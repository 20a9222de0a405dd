import { backUp, isFile } from '../store/maintenance.js';
import { EXIT, onlyPositional, readArguments, UsageError } from './command.js';
import { contents, databaseUrl, withProgress } from './maintenance.js';
import { untilSignal } from './signals.js';

export const HELP = `Copies the SQLite database of DATABASE_URL to FILE, also while the service runs. The copy has every event
that was acknowledged before. FILE appears when the copy is complete, fsynced and verified.

  pubsub-log-aggregator backup FILE

  FILE   must not exist; its folder needs room for a second database

With PostgreSQL, use pg_dump or continuous archiving: see docs/operations.md.`;

export async function run(args: string[]): Promise<number> {
  const { positionals } = readArguments({ args, allowPositionals: true });
  const file = onlyPositional(positionals, 'FILE');
  const url = databaseUrl();
  if (!isFile(url))
    throw new UsageError(
      'DATABASE_URL is a PostgreSQL database. Back it up with pg_dump, or with continuous archiving (docs/operations.md).',
    );
  return untilSignal(async (signal) => {
    const copied = await withProgress(signal, (options) => backUp(url, file, options));
    console.log(`${file} is a verified backup: ${contents(copied)}.`);
    return EXIT.ok;
  });
}
