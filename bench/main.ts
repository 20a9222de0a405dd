/**
 * Measures the service and its limits in alternating rounds and reports medians. `npm run bench` starts it
 * (bench/README.md).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cluster } from './cluster.js';
import { ndjson, subscribers } from './feeds.js';
import { growth } from './growth.js';
import { GENERATOR } from './load.js';
import { Report } from './report.js';
import { writer } from './writer.js';
import { batches, latencyAtHalfLoad, singles, steadyMemory } from './throughput.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    growth: { type: 'string', default: '1000000,5000000' },
    'memory-minutes': { type: 'string', default: '5' },
    only: { type: 'string' },
  },
});

const parts: Record<string, () => Promise<void>> = {
  writer: () => writer(run, report),
  singles: () => singles(run, report),
  batches: () => batches(run, report),
  latency: () => latencyAtHalfLoad(run, report),
  ndjson: () => ndjson(run, report),
  subscribers: () => subscribers(run, report),
  memory: () => steadyMemory(run, report, minutes),
  growth: () => growth(run, report, sizes),
  cluster: () => cluster(run, report),
};
// `cluster` needs a PostgreSQL server.
const wanted = options.only?.split(',') ?? Object.keys(parts).filter((name) => name !== 'cluster');
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const minutes = Number(options['memory-minutes']);
const sizes = options.growth.split(',').map(Number);
if (![rounds, seconds, minutes, ...sizes].every((number) => Number.isInteger(number) && number > 0)) {
  console.error('--rounds, --seconds, --memory-minutes and --growth must be whole numbers of at least 1.');
  process.exit(1);
}
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`--only accepts ${Object.keys(parts).join(', ')}. Unknown: ${unknown.join(', ')}.`);
  process.exit(1);
}

const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true }));
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));
const run = { rounds, seconds, scratch };
const report = new Report(GENERATOR);
for (const name of wanted) await parts[name]!();

mkdirSync('bench/results', { recursive: true });
writeFileSync('bench/results/latest.json', `${JSON.stringify(report.toJson(), null, 2)}\n`);
writeFileSync('bench/results/latest.md', report.toMarkdown());
console.log(`\n${report.toMarkdown()}\nWritten to bench/results/latest.json and latest.md.`);
