import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { anEvent } from '../harness/an-event.js';
import { Client } from '../harness/client.js';
import { readDocument } from '../harness/code-blocks.js';
import { aDirectory } from '../harness/database.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { StreamClient } from '../stream/stream-client.js';

interface Proxy {
  readonly command: string;
  /** Starts the proxy of the file in deploy/, without TLS, on the port in front of the service. */
  readonly start: (port: number, service: URL) => ChildProcess;
}

const PROXIES: Proxy[] = [
  {
    command: 'nginx',
    start: (port, { host }) => {
      const folder = aDirectory();
      const server = readDocument('deploy/nginx.conf')
        .replace('127.0.0.1:8080', host)
        .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
        .replaceAll(/^ *ssl_.*$/gm, '');
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      const temporary = paths.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n');
      const main = `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}\nhttp { access_log off; ${temporary}\n${server} }`;
      writeFileSync(join(folder, 'nginx.conf'), main);
      return spawn('nginx', ['-c', join(folder, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'inherit'] });
    },
  },
  {
    command: 'caddy',
    start: (port, { host }) => {
      const folder = aDirectory();
      const server = readDocument('deploy/Caddyfile')
        .replace('127.0.0.1:8080', host)
        .replace('events.example', `http://127.0.0.1:${port}`);
      writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n}\n${server}`);
      return spawn('caddy', ['run', '--config', join(folder, 'Caddyfile')], {
        stdio: 'ignore',
        env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      });
    },
  },
];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe.each(PROXIES)('The configuration of $command', ({ command, start }) => {
  const isMissing = Boolean(spawnSync(command, ['-h']).error);
  if (isMissing && process.env['CI']) throw new Error(`${command} is not installed.`);
  if (isMissing) console.warn(`NOT TESTED: the configuration of ${command}, which is not installed.`);

  (isMissing ? it.skip : it)('passes events of streams and lines of uploads at once', async () => {
    const service = await Service.start();
    const port = await freePort();
    const proxy = start(port, new URL(service.url));
    const exited = once(proxy, 'exit');
    releaseAtEnd(() => {
      proxy.kill('SIGKILL');
      return exited;
    });
    const client = new Client(`http://127.0.0.1:${port}`);
    await until(
      () =>
        client.status('/health/live').then(
          (status) => status === 200,
          () => false,
        ),
      'the proxy responds',
    );

    const stream = await StreamClient.open(client);
    await client.publish(anEvent());
    // The stream stays open, so a proxy that buffers would not send the event.
    await until(() => stream.ids.length === 1, 'the stream has the event');
    expect(stream.ended).toBe(false);

    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const encoder = new TextEncoder();
    const lines = async function* () {
      yield encoder.encode(`${JSON.stringify(anEvent())}\n`);
      await finished;
      yield encoder.encode(JSON.stringify(anEvent()));
    };
    const upload = client.request('/publish', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: ReadableStream.from(lines()),
      duplex: 'half',
    });
    await until(() => stream.ids.length === 2, 'the first line is stored while the upload goes on');
    finish();
    expect(await (await upload).json()).toMatchObject({ stored: 2, complete: true });
    stream.close();
  });
});
