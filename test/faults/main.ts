import { parseArgs } from 'node:util';
import { releaseAll } from '../harness/release.js';
import { clusterFaultNames, type ClusterFaultName } from './cluster/cluster-faults.js';
import { runCluster } from './cluster/cluster-run.js';
import { FAULTS, type FaultName } from './faults.js';
import { summary } from './findings.js';
import { run, type RunResult } from './run.js';

const REPLICAS = 3;

const HELP = `npm run test:faults -- [--cluster | --broker] [--cycles 100] [--faults kill] [--publishers 16] [--seed N]

Publishes to the service while it is killed, paused or locked out of the database. Restarts it each time, and compares
the stored events with the acknowledged ones. --faults takes a comma-separated list of faults, which take turns:
${Object.keys(FAULTS).join(', ')}.
The value "all" selects every fault except lying-disk.
--cluster runs three replicas on a PostgreSQL server of their own, by default with all of these faults:
${clusterFaultNames(false).join(', ')}.
--broker adds a NATS server and its faults:
${clusterFaultNames(true).slice(clusterFaultNames(false).length).join(', ')}.
The seed determines the requests and the times of the faults, but not which requests are concurrent.`;

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '100' },
    faults: { type: 'string' },
    cluster: { type: 'boolean', default: false },
    broker: { type: 'boolean', default: false },
    publishers: { type: 'string', default: '16' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});

const { broker: hasBroker } = values;
const isCluster = values.cluster || hasBroker;
const known: readonly string[] = isCluster ? clusterFaultNames(hasBroker) : Object.keys(FAULTS);
const wanted = values.faults ?? (isCluster ? 'all' : 'kill');
const names = wanted === 'all' ? known.filter((name) => name !== 'lying-disk') : wanted.split(',');
const unknown = names.filter((name) => !known.includes(name));
const [requested, publishers, seed] = [values.cycles, values.publishers, values.seed].map(Number);
// Each fault occurs at least once.
const cycles = Math.max(requested!, names.length);
const isUsable = [requested, publishers, seed].every((number) => Number.isSafeInteger(number) && number! > 0);

if (values.help || unknown.length > 0 || !isUsable) {
  console.log(unknown.length > 0 ? `Unknown fault: ${unknown.join(', ')}.\n\n${HELP}` : HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  console.log(`seed ${seed}, ${cycles} cycles of ${names.join(', ')}, ${publishers} publishers`);
  try {
    const { findings, requests, acknowledged, survived } = await (isCluster ? runReplicas() : runService());
    console.log(`${requests} requests, ${acknowledged} events acknowledged, ${survived} faults.`);
    console.log(
      findings.length === 0
        ? 'No event is lost, doubled or divergent. The sums are correct.'
        : summary(findings),
    );
    process.exitCode = findings.length === 0 ? 0 : 1;
  } finally {
    await releaseAll();
  }
}

function runService(): Promise<RunResult> {
  return run({
    cycles,
    publishers: publishers!,
    seed: seed!,
    faults: names as FaultName[],
    environment: { LOG_LEVEL: 'info' },
    onCycle: (cycle, name, total) => console.log(`${cycle}: ${name}; ${total} events acknowledged so far`),
  });
}

function runReplicas(): Promise<RunResult> {
  return runCluster({
    cycles,
    replicas: REPLICAS,
    hasBroker,
    publishers: publishers!,
    seed: seed!,
    faults: names as ClusterFaultName[],
    onCycle: ({ cycle, fault, acknowledged, longestMs }) =>
      console.log(
        `${cycle}: ${fault}; longest request ${Math.round(longestMs)} ms; ${acknowledged} events acknowledged so far`,
      ),
  });
}
