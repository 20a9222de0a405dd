/** `npm run bench`: the service beside its limits, in alternating rounds, medians at the end. See bench/README.md. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
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
    only: { type: 'string', default: 'writer,singles,batches,latency,ndjson,subscribers,memory,growth' },
  },
});

const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
const run = { rounds: Number(options.rounds), seconds: Number(options.seconds), scratch };
const report = new Report(GENERATOR);
const wanted = new Set(options.only.split(','));

if (wanted.has('writer')) await writer(run, report);
if (wanted.has('singles')) await singles(run, report);
if (wanted.has('batches')) await batches(run, report);
if (wanted.has('latency')) await latencyAtHalfLoad(run, report);
if (wanted.has('ndjson')) await ndjson(run, report);
if (wanted.has('subscribers')) await subscribers(run, report);
if (wanted.has('memory')) await steadyMemory(run, report, Number(options['memory-minutes']));
if (wanted.has('growth')) await growth(run, report, options.growth.split(',').map(Number));
rmSync(scratch, { recursive: true });

mkdirSync('bench/results', { recursive: true });
writeFileSync('bench/results/latest.json', `${JSON.stringify(report.toJson(), null, 2)}\n`);
writeFileSync('bench/results/latest.md', report.toMarkdown());
console.log(`\n${report.toMarkdown()}\nWritten to bench/results/latest.json and latest.md.`);
