import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../app.js';
import { loadConfig } from '../config.js';
import { openApiDocument } from '../docs/openapi.js';
import { EXIT, onlyPositional, readArguments } from './command.js';

export const HELP = `Writes the OpenAPI document to FILE. It describes services with and without API keys.

  pubsub-log-aggregator openapi [FILE]

  FILE   replaced if it exists   (openapi.json)`;

export async function run(args: string[]): Promise<number> {
  const { positionals } = readArguments({ args, allowPositionals: true });
  const target = positionals.length === 0 ? 'openapi.json' : onlyPositional(positionals, 'FILE');
  const directory = await mkdtemp(join(tmpdir(), 'openapi-'));
  const config = loadConfig({ DATABASE_URL: `sqlite:${join(directory, 'events.db')}`, LOG_LEVEL: 'error' });
  const app = await createApp(config);
  await writeFile(target, `${JSON.stringify(openApiDocument(app, 'optional'), null, 2)}\n`);
  await app.close();
  await rm(directory, { recursive: true });
  console.log(`The OpenAPI document is in ${target}.`);
  return EXIT.ok;
}
