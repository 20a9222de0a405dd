/** Writes the OpenAPI document to FILE, by default openapi.json (`npm run openapi -- FILE`). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../app.js';
import { loadConfig } from '../config.js';
import { openApiDocument } from '../docs/openapi.js';

const target = process.argv[2] ?? 'openapi.json';
const directory = await mkdtemp(join(tmpdir(), 'openapi-'));
const config = loadConfig({ DATABASE_URL: `sqlite:${join(directory, 'events.db')}`, LOG_LEVEL: 'error' });
const app = await createApp(config);
// The file describes services with and without API keys.
await writeFile(target, `${JSON.stringify(openApiDocument(app, 'optional'), null, 2)}\n`);
await app.close();
await rm(directory, { recursive: true });
console.log(`The OpenAPI document is in ${target}.`);
