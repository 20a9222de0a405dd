import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Where the connection of the next commit is cut: before the server receives it, or before the result arrives. */
export type Cut = 'request' | 'result';

/** A TCP proxy in front of PostgreSQL that cuts the connections of commits. */
export class PostgresProxy {
  /** The cuts of the next commits, in order. */
  readonly cuts: Cut[] = [];
  private readonly sockets = new Set<Socket>();
  private isPaused = false;

  private constructor(
    private readonly target: URL,
    private readonly server = createServer(),
  ) {}

  static async start(databaseUrl: string): Promise<PostgresProxy> {
    const proxy = new PostgresProxy(new URL(databaseUrl));
    proxy.server.on('connection', (client) => proxy.forward(client));
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** Closes the connections of the clients. The server notices it only when it writes to them. */
  closeClients(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Closes all connections, and every new one, until `resume`. */
  pause(): void {
    this.isPaused = true;
    this.closeClients();
  }

  resume(): void {
    this.isPaused = false;
  }

  /** Stops listening and closes all connections. */
  stop(): void {
    this.server.close();
    this.closeClients();
  }

  private forward(client: Socket): void {
    if (this.isPaused) return void client.destroy();
    const upstream = connect(Number(this.target.port || 5432), this.target.hostname);
    let resultIsLost = false;
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    client.on('data', (bytes) => {
      // The name of the prepared statement is in every message that runs it.
      if (bytes.includes('commit_events')) {
        const cut = this.cuts.shift();
        if (cut === 'request') return end();
        resultIsLost = cut === 'result';
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => (resultIsLost ? end() : void client.write(bytes)));
    this.sockets.add(client);
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
    client.on('close', () => this.sockets.delete(client));
  }
}
