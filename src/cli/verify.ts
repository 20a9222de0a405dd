import { withoutPassword } from '../config.js';
import { verify } from '../store/maintenance.js';
import { EXIT, onlyPositional, readArguments } from './command.js';
import { contents, databaseUrl, withProgress } from './maintenance.js';
import { untilSignal } from './signals.js';

export const HELP = `Verifies a database in one snapshot, without changing it: seqs without gaps, unique keys, counters that equal the
rows, and with SQLite every page (integrity_check). Lists the findings. The service may run meanwhile.

  pubsub-log-aggregator verify [FILE]

  FILE   an SQLite database or backup   (the database of DATABASE_URL, also in PostgreSQL)`;

export async function run(args: string[]): Promise<number> {
  const { positionals } = readArguments({ args, allowPositionals: true });
  const url = positionals.length === 0 ? databaseUrl() : `sqlite:${onlyPositional(positionals, 'FILE')}`;
  return untilSignal(async (signal) => {
    const found = await withProgress(signal, (options) => verify(url, options));
    for (const finding of found.findings) console.log(finding);
    const name = withoutPassword(url);
    const valid = found.findings.length === 0;
    console.log(`${name} is ${valid ? 'valid' : 'NOT valid'}: ${contents(found)}.`);
    return valid ? EXIT.ok : EXIT.failed;
  });
}
