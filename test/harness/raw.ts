import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** A connection that speaks whatever it is told, HTTP or not. */
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

  /** What came until now. */
  get received(): string {
    return this.text;
  }

  /** The status of each answer that came until now, in order. */
  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  /**
   * The first answer, with its body if that has a length; undefined where the service hung up without one.
   * Rejects if neither comes in time.
   */
  answer(method: string, withinMs: number): Promise<RawAnswer | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.hangUp();
        reject(new Error(`no answer within ${withinMs} ms: ${this.text}`));
      }, withinMs);
      const look = () => {
        const answer = firstAnswer(this.text, method);
        if (!answer && !this.socket.closed) return;
        clearTimeout(timer);
        resolve(answer);
      };
      this.socket.on('data', look).once('close', look);
    });
  }

  /** Everything that came, once the service has hung up. */
  async untilClosed(): Promise<string> {
    await this.closed;
    return this.text;
  }

  hangUp(): void {
    this.socket.destroy();
  }
}

/** Read from what came until now, if it is whole. Interim answers, such as 100, are not the answer. */
function firstAnswer(text: string, method: string): RawAnswer | undefined {
  const [, status, head, rest] =
    /^(?:HTTP\/1\.1 1.*?\r\n\r\n)*HTTP\/1\.1 ([2-5]\d\d) (.*?)\r\n\r\n(.*)$/s.exec(text) ?? [];
  if (head === undefined || rest === undefined) return undefined;
  const length = method === 'HEAD' ? 0 : Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  return rest.length < length ? undefined : { status: Number(status), head, body: rest.slice(0, length) };
}
