import autocannon from 'autocannon';
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bodyOf, type Mix } from './events.js';
import { cpuSeconds } from './process.js';

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Events a request. */
  readonly batch: number;
  readonly mix: Mix;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly eventsPerSecond: number;
  /** Of one core: near 1, the generator is the bottleneck and the figure says nothing about the server. */
  readonly generatorCpu: number;
}

/** wrk takes a fifth of the CPU that autocannon does, so it is used where it is installed. */
export const GENERATOR = spawnSync('wrk', ['--version']).error ? 'autocannon' : 'wrk';

let runs = 0;
/** A prefix for event ids that no other load has. */
export const freshRun = () => `${Date.now().toString(36)}-${runs++}`;

/** As many requests as the connections can carry, each waiting for its answer. Rejects if any was not answered 200. */
export function saturate(load: Load): Promise<LoadResult> {
  return GENERATOR === 'wrk' ? withWrk(load) : withAutocannon(load);
}

async function withWrk({ url, connections, seconds, batch, mix }: Load): Promise<LoadResult> {
  // Sources, not compiled: Lua needs no compiler. dist/bench/load.js stands two folders below the project.
  const script = fileURLToPath(new URL('../../bench/publish.lua', import.meta.url));
  const wrk = spawn(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, url],
    {
      env: { ...process.env, BATCH: String(batch), MIX: mix, RUN: freshRun() },
    },
  );
  let output = '';
  wrk.stdout.on('data', (text: Buffer) => (output += text.toString()));
  let cpu = 0;
  const sampler = setInterval(() => {
    try {
      cpu = cpuSeconds(wrk.pid!);
    } catch {
      // It has just ended; the sample before stands.
    }
  }, 100);
  await new Promise((resolve) => wrk.once('close', resolve));
  clearInterval(sampler);
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  if (!requestsPerSecond || /Non-2xx|Socket errors/.test(output)) throw new Error(`wrk says:\n${output}`);
  return {
    requestsPerSecond,
    eventsPerSecond: requestsPerSecond * eventsIn(batch, mix),
    generatorCpu: cpu / seconds,
  };
}

async function withAutocannon({ url, connections, seconds, batch, mix }: Load): Promise<LoadResult> {
  const before = process.cpuUsage();
  const result = await cannon({ url, connections, duration: seconds }, batch, mix);
  const { user, system } = process.cpuUsage(before);
  const requestsPerSecond = result.requests.total / result.duration;
  return {
    requestsPerSecond,
    eventsPerSecond: requestsPerSecond * eventsIn(batch, mix),
    generatorCpu: (user + system) / 1e6 / seconds,
  };
}

async function cannon(options: autocannon.Options, batch: number, mix: Mix): Promise<autocannon.Result> {
  const run = freshRun();
  let number = 0;
  const result = await autocannon({
    ...options,
    requests: [
      {
        method: 'POST',
        path: '/publish',
        headers: { 'content-type': 'application/json' },
        setupRequest: (request) => ({
          ...request,
          body: bodyOf(batch, mix, run, number++),
        }),
      },
    ],
  });
  if (result.non2xx + result.errors > 0)
    throw new Error(`${result.non2xx} answers other than 2xx, ${result.errors} errors`);
  return result;
}

function eventsIn(batch: number, mix: Mix): number {
  return mix === 'conflicts' ? batch + Math.floor(batch / 20) : batch;
}
