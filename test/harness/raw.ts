import { connect, type Socket } from 'node:net';

export interface RawResponse {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Detects a hanging request. Far above the response time on a busy machine. */
const RESPONSE_TIMEOUT_MS = 30_000;

/** TCP connection that sends arbitrary bytes. */
export class RawConnection {
  private text = '';
  private readonly closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    socket.on('data', (part) => (this.text += part.toString('latin1'))).on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static open(url: string): RawConnection {
    const { hostname, port } = new URL(url);
    return new RawConnection(connect(Number(port), hostname));
  }

  send(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  /** Text received so far. */
  get received(): string {
    return this.text;
  }

  /** Status codes of the responses received so far, in order. */
  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  /**
   * Resolves with the first final response, or undefined if the service closes the connection without one. The body
   * is empty without Content-Length. Rejects if the request hangs.
   */
  response(method: string): Promise<RawResponse | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.close();
        reject(new Error(`no response within ${RESPONSE_TIMEOUT_MS} ms: ${this.text}`));
      }, RESPONSE_TIMEOUT_MS);
      const check = () => {
        const response = firstResponse(this.text, method);
        if (!response && !this.socket.closed) return;
        clearTimeout(timer);
        resolve(response);
      };
      this.socket.on('data', check).once('close', check);
    });
  }

  /** Resolves with all received text when the connection is closed. */
  async untilClosed(): Promise<string> {
    await this.closed;
    return this.text;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Returns the first complete response in the text. Skips interim responses, such as 100. */
function firstResponse(text: string, method: string): RawResponse | undefined {
  const [, status, head, rest] =
    /^(?:HTTP\/1\.1 1.*?\r\n\r\n)*HTTP\/1\.1 ([2-5]\d\d) (.*?)\r\n\r\n(.*)$/s.exec(text) ?? [];
  if (head === undefined || rest === undefined) return undefined;
  const length = method === 'HEAD' ? 0 : Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  return rest.length < length ? undefined : { status: Number(status), head, body: rest.slice(0, length) };
}
