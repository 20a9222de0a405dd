import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createDatabase, dropDatabase, HAS_POSTGRES } from '../harness/postgres.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** Runs the program. Resolves with its exit code and its output. */
async function simulate(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, 'simulate', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  releaseAtEnd(() => void child.kill('SIGKILL'));
  let [output, errors] = ['', ''];
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (errors += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, errors };
}

describe('npm run simulate', () => {
  it('finds the totals consistent when the service is killed and restarted during the run', async () => {
    let service = await Service.start();
    const { url } = service;
    const run = simulate('--url', url, '--events', '40000', '--batch', '20', '--concurrency', '8');
    await until(async () => (await service.stats()).received > 2_000, 'the simulator publishes');
    await service.end('SIGKILL');
    service = await service.restart({ PORT: new URL(url).port });
    const { code, output, errors } = await run;
    expect([code, errors]).toEqual([0, '']);
    expect(output).toContain('The totals and verdicts are consistent.');
    expect(output).toMatch(/^retries +[1-9]\d*$/m);
    expect(await service.stats()).toMatchObject({ unique_processed: 32_000, conflicts: 0 });
  });

  const withPostgres = HAS_POSTGRES ? it : it.skip;
  if (!HAS_POSTGRES) console.warn('NOT TESTED: several replicas. No server responds at TEST_POSTGRES_URL.');

  withPostgres(
    'publishes to every replica, and finds their totals consistent after one is killed',
    async () => {
      const DATABASE_URL = await createDatabase();
      releaseAtEnd(() => dropDatabase(DATABASE_URL));
      const [first, second] = [await Service.start({ DATABASE_URL }), await Service.start({ DATABASE_URL })];
      const urls = `${first.url},${second.url}`;
      const run = simulate('--url', urls, '--events', '20000', '--batch', '20', '--concurrency', '8');
      await until(async () => (await first.stats()).received > 2_000, 'the simulator publishes');
      await second.end('SIGKILL');
      await Service.start({ DATABASE_URL, PORT: new URL(second.url).port });
      const { code, output, errors } = await run;
      expect([code, errors]).toEqual([0, '']);
      expect(output).toMatch(/^retries +[1-9]\d*$/m);
      expect(await first.stats()).toMatchObject({ unique_processed: 16_000, conflicts: 0 });
    },
  );

  it('retries the 502 and 504 of a load balancer once, at another replica', async () => {
    const service = await Service.start();
    let posts = 0;
    const failing = createServer((request, response) => {
      if (request.method === 'POST') response.writeHead(posts++ % 2 === 0 ? 502 : 504).end();
      else void service.get(request.url!).then((body) => response.end(JSON.stringify(body)));
    }).listen(0, '127.0.0.1');
    releaseAtEnd(() => void failing.close());
    await once(failing, 'listening');
    const urls = `http://127.0.0.1:${(failing.address() as AddressInfo).port},${service.url}`;
    const { code, output, errors } = await simulate('--url', urls, '--events', '40', '--concurrency', '4');
    expect([code, errors]).toEqual([0, '']);
    expect(output).toMatch(/^retries +20\n +502 +10\n +504 +10$/m);
    expect(await service.stats()).toMatchObject({ received: 40, unique_processed: 32 });
  });

  it('exits with 1 when another publisher changes the totals', async () => {
    const service = await Service.start();
    const run = simulate('--url', service.url, '--events', '5000', '--concurrency', '4');
    await until(async () => (await service.stats()).received > 100, 'the simulator publishes');
    await service.publish({
      topic: 'other',
      event_id: '1',
      timestamp: '2026-01-31T12:00:00Z',
      source: 'other',
    });
    const { code, output, errors } = await run;
    expect(code).toBe(1);
    expect(output).toMatch(/^received +5000 +5001 +inconsistent$/m);
    expect(output).toContain('The totals and verdicts are inconsistent.');
    expect(errors).toMatch(/^Inconsistent: received changed by 5001, expected 5000/);
  });

  it('exits with 1 when the service requires an API key, and 2 for an invalid option', async () => {
    const { url } = await Service.start({ API_KEYS: `other:publish:${'0'.repeat(64)}` });
    expect(await simulate('--url', url)).toMatchObject({ code: 1, errors: expect.stringContaining('401') });
    expect(await simulate('--events', 'x')).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/^--events x/),
    });
  });
});
