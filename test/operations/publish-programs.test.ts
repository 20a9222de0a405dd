import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from '../harness/code-blocks.js';
import { type Fault, FaultyProxy } from '../harness/faulty-proxy.js';
import { Service } from '../harness/service.js';

const LANGUAGES = [
  { language: 'js', document: 'README.md', file: 'publish.mjs', command: process.execPath, args: [] },
  { language: 'python', document: 'docs/http.md', file: 'publish.py', command: 'python3', args: [] },
  { language: 'go', document: 'docs/http.md', file: 'publish.go', command: 'go', args: ['run'] },
];
/** Every command prints a help text with -h. Their version options differ. */
const isInstalled = (command: string) => !spawnSync(command, ['-h']).error;

/** Runs the program of the documentation in this language against a proxy with these faults. */
async function publishThrough(language: string, faults: readonly Fault[]) {
  const { document, file, command, args } = LANGUAGES.find((each) => each.language === language)!;
  const service = await Service.start();
  const proxy = await FaultyProxy.start(service.url, faults);
  const path = join(dirname(service.database), file);
  writeFileSync(path, codeOf(document, language).replaceAll('http://localhost:8080', proxy.url));
  const { stdout, stderr } = await promisify(execFile)(command, [...args, path]).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  proxy.close();
  return { output: stdout + stderr, requests: proxy.requests, service };
}

describe.each(LANGUAGES)('The publisher of the documentation in $language', ({ language, command }) => {
  const ifInstalled = isInstalled(command) ? it.concurrent : it.concurrent.skip;
  if (!isInstalled(command))
    console.warn(`NOT TESTED: the publisher in ${language}. ${command} is not installed.`);

  ifInstalled('retries with the same event until a verdict arrives, and respects Retry-After', async () => {
    const notNow = { status: 503, headers: { 'retry-after': '1' }, body: '{}' };
    const { output, requests, service } = await publishThrough(language, ['close', notNow, 'lose', 'none']);
    expect(requests.length).toBe(4);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(requests[2]!.atMs - requests[1]!.atMs).toBeGreaterThanOrEqual(1000);
    expect(output).toMatch(/duplicate.*seq\W+1/s);
    expect(await service.stats()).toMatchObject({ received: 2, unique_processed: 1, conflicts: 0 });
  });

  ifInstalled('does not retry a rejected event, and prints the reason', async () => {
    const { output, requests } = await publishThrough(language, [{ status: 422, body: 'THE REASON' }]);
    expect(requests.length).toBe(1);
    expect(output).toContain('THE REASON');
  });
});
