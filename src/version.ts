import { readFileSync } from 'node:fs';

const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export const SERVICE = 'Pub-Sub Log Aggregator';
export const VERSION = packageJson.version;
