import { isFile, restore } from '../store/maintenance.js';
import { EXIT, onlyPositional, readArguments, UsageError } from './command.js';
import { contents, databaseUrl, withProgress } from './maintenance.js';
import { untilSignal } from './signals.js';

export const HELP = `Verifies the backup FILE and copies it to the path of DATABASE_URL, where no database may exist. Removes -wal and
-shm files of a database that was there before. Then start the service.

  pubsub-log-aggregator restore FILE

With PostgreSQL, use pg_restore: see docs/operations.md.`;

export async function run(args: string[]): Promise<number> {
  const { positionals } = readArguments({ args, allowPositionals: true });
  const file = onlyPositional(positionals, 'FILE');
  const url = databaseUrl();
  if (!isFile(url))
    throw new UsageError(
      'DATABASE_URL is a PostgreSQL database. Restore it with pg_restore, or from its archive (docs/operations.md).',
    );
  return untilSignal(async (signal) => {
    const restored = await withProgress(signal, (options) => restore(url, file, options));
    console.log(`${url} is restored from ${file}: ${contents(restored)}.`);
    return EXIT.ok;
  });
}
