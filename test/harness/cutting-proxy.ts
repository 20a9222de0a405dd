import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { releaseAtEnd } from './release.js';

/** A TCP proxy that cuts its first connections after a number of bytes from the service, and forwards all others. */
export class CuttingProxy {
  /** Number of connections that were cut. */
  cut = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly limits: readonly number[],
  ) {}

  /** Resolves when the proxy of the service at `target` listens. `limits` has the bytes of each connection to cut. */
  static async start(target: string, limits: readonly number[]): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server, limits);
    const { hostname, port } = new URL(target);
    server.on('connection', (client) => proxy.forward(client, connect(Number(port), hostname)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    releaseAtEnd(() => {
      server.close();
      for (const socket of proxy.sockets) socket.destroy();
    });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private forward(client: Socket, service: Socket): void {
    let room = this.limits[this.cut] ?? Infinity;
    const end = () => {
      client.destroy();
      service.destroy();
    };
    for (const socket of [client, service]) {
      this.sockets.add(socket);
      socket.on('error', end);
    }
    client.pipe(service);
    service.on('end', end);
    service.on('data', (chunk: Buffer) => {
      if (chunk.length <= room) {
        room -= chunk.length;
        client.write(chunk);
      } else {
        this.cut++;
        service.destroy();
        client.end(chunk.subarray(0, room));
      }
    });
  }
}
