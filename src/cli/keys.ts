import { createHash, randomBytes } from 'node:crypto';
import { SCOPES } from '../auth/access.js';
import { parseApiKeyList } from '../auth/api-key-list.js';
import { EXIT, onlyPositional, readArguments, UsageError } from './command.js';

const KEY_BYTES = 32;
const DEFAULT_SCOPES = ['publish', 'read'];

export const HELP = `Creates an API key and prints two lines: the API key for its callers, and the entries with its
SHA-256 for API_KEYS of the service. The API key is stored nowhere.

  pubsub-log-aggregator keys NAME [OPTIONS]

  NAME            names the API key in API_KEYS: letters, digits, "_", "." and "-"
  --scope SCOPE   ${SCOPES.join(', ')}; may be repeated   (${DEFAULT_SCOPES.join(' and ')})`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments({
    args,
    allowPositionals: true,
    options: { scope: { type: 'string', multiple: true, default: DEFAULT_SCOPES } },
  });
  const name = onlyPositional(positionals, 'NAME');
  const key = randomBytes(KEY_BYTES).toString('hex');
  const hash = createHash('sha256').update(key).digest('hex');
  const entries = values.scope.map((scope) => `${name}:${scope}:${hash}`).join(',');
  rejectInvalid(entries);
  console.log(`AGGREGATOR_API_KEY=${key}\nAPI_KEYS=${entries}`);
  return EXIT.ok;
}

/** Throws `UsageError` if the service would reject the entries. */
function rejectInvalid(entries: string): void {
  try {
    parseApiKeyList(entries);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
