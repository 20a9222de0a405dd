import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * A minimal HTTP/1.1 client, because the CPU time of a complete one would distort the measurement. Sends one ASCII
 * request at a time and expects status 200 with Content-Length.
 */
export class Connection {
  private received = '';
  private onResponse: (body: string) => void = () => {};

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (part: string) => this.take(part));
  }

  static async open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** Publishes a body and calls `onResponse` after the response. A promise would double the CPU time of this client. */
  publish(body: string, onResponse: () => void): void {
    this.onResponse = onResponse;
    this.socket.write(
      `POST /publish HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }

  /** Resolves with the body of the response. */
  get(path: string): Promise<string> {
    return new Promise((resolve) => {
      this.onResponse = resolve;
      this.socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private take(part: string): void {
    this.received += part;
    const headEnd = this.received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.received.slice(0, headEnd);
    if (!head.startsWith('HTTP/1.1 200')) throw new Error(`The status is not 200: ${this.received}`);
    const length = Number(/^content-length: (\d+)/im.exec(head)![1]);
    if (this.received.length < headEnd + 4 + length) return;
    const body = this.received.slice(headEnd + 4);
    this.received = '';
    this.onResponse(body);
  }
}
