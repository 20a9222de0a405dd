import autocannon from 'autocannon';
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bodyOf, type Mix } from './events.js';
import { cpuSeconds } from './process.js';

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Events per request. */
  readonly batch: number;
  readonly mix: Mix;
  /** Sends `Prefer: respond-async`. */
  readonly isAsync?: boolean;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly eventsPerSecond: number;
  /** CPU use of the generator, as a fraction of one core. Near 1, the generator is the bottleneck. */
  readonly generatorCpu: number;
}

/** The load generator. wrk is used if it is installed, because it needs a fifth of the CPU of autocannon. */
export const GENERATOR = spawnSync('wrk', ['--version']).error ? 'autocannon' : 'wrk';

let runs = 0;
/** Returns a prefix for event ids that no other load uses. */
export const freshRun = () => `${Date.now().toString(36)}-${runs++}`;

/** Sends requests without a pause, one in flight per connection. Rejects if a request fails or a status is not 2xx. */
export function saturate(load: Load): Promise<LoadResult> {
  return GENERATOR === 'wrk' ? withWrk(load) : withAutocannon(load);
}

async function withWrk({ url, connections, seconds, batch, mix, isAsync }: Load): Promise<LoadResult> {
  // The build does not copy the script, so the path leads from dist/bench to bench.
  const script = fileURLToPath(new URL('../../bench/publish.lua', import.meta.url));
  const wrk = spawn(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, url],
    {
      env: {
        ...process.env,
        BATCH: String(batch),
        MIX: mix,
        RUN: freshRun(),
        PREFER: isAsync ? 'respond-async' : '',
      },
    },
  );
  let output = '';
  wrk.stdout.on('data', (text: Buffer) => (output += text.toString()));
  let cpu = 0;
  const sampler = setInterval(() => {
    try {
      cpu = cpuSeconds(wrk.pid!);
    } catch {
      // wrk has ended, so the previous sample is the last one.
    }
  }, 100);
  await new Promise((resolve) => wrk.once('close', resolve));
  clearInterval(sampler);
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  if (!requestsPerSecond || /Non-2xx|Socket errors/.test(output)) throw new Error(`wrk failed:\n${output}`);
  return {
    requestsPerSecond,
    eventsPerSecond: requestsPerSecond * eventsIn(batch, mix),
    generatorCpu: cpu / seconds,
  };
}

async function withAutocannon({ url, connections, seconds, batch, mix, isAsync }: Load): Promise<LoadResult> {
  const before = process.cpuUsage();
  const headers = isAsync ? { prefer: 'respond-async' } : {};
  const result = await cannon({ url, connections, duration: seconds, headers }, batch, mix);
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
        headers: { ...options.headers, 'content-type': 'application/json' },
        setupRequest: (request) => ({
          ...request,
          body: bodyOf(batch, mix, run, number++),
        }),
      },
    ],
  });
  if (result.non2xx + result.errors > 0)
    throw new Error(
      `autocannon failed: ${result.non2xx} responses with a status other than 2xx, ${result.errors} errors.`,
    );
  return result;
}

function eventsIn(batch: number, mix: Mix): number {
  return mix === 'conflicts' ? batch + Math.floor(batch / 20) : batch;
}
