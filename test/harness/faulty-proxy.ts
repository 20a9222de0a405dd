import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A fault of one request. `close` closes the connection; `lose` forwards the request and drops the response. */
export type Fault =
  'close' | 'lose' | 'none' | { status: number; headers?: Record<string, string>; body: string };

/** A proxy in front of the service that applies one fault to each request, in order, and none after the last. */
export class FaultyProxy {
  /** The body of each request, and when it arrived. */
  readonly requests: { body: string; atMs: number }[] = [];

  private constructor(
    private readonly target: string,
    private readonly faults: readonly Fault[],
    private readonly server = createServer(),
  ) {}

  static async start(target: string, faults: readonly Fault[]): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target, faults);
    proxy.server.on('request', (request, response: ServerResponse) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => void proxy.respond(body, response));
    });
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async respond(body: string, response: ServerResponse): Promise<void> {
    const fault = this.faults[this.requests.length] ?? 'none';
    this.requests.push({ body, atMs: performance.now() });
    if (typeof fault === 'object') {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    if (fault !== 'close') {
      const headers = { 'content-type': 'application/json' };
      const forwarded = await fetch(`${this.target}/publish`, { method: 'POST', headers, body });
      const text = await forwarded.text();
      if (fault === 'none') response.writeHead(forwarded.status).end(text);
    }
    response.destroy();
  }
}
