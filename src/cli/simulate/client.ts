import http, { type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';

const ATTEMPT_TIMEOUT_MS = 15_000;

/** A response with any status. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body, or undefined if it is not a JSON object. */
  readonly body: object | undefined;
}

/** Reports that a request received no response. */
export class NoResponseError extends Error {
  override readonly name = 'NoResponseError';

  constructor(
    message: string,
    /** Whether a connection existed, so that the service may have processed the request. */
    readonly ambiguous: boolean,
  ) {
    super(message);
  }
}

/**
 * Sends single requests to a replica, over persistent connections. Resolves for any status. Rejects with
 * `NoResponseError` after 15 s without data, if the connection fails, and if the signal is aborted.
 */
export class Client {
  private readonly agent: http.Agent;
  private readonly request: typeof http.request;
  private readonly common: RequestOptions;

  constructor(
    /** The addresses of the replicas, all with the same scheme. */
    readonly urls: readonly URL[],
    connections: number,
    signal: AbortSignal,
    apiKey?: string,
  ) {
    const scheme = urls[0]!.protocol === 'https:' ? https : http;
    this.agent = new scheme.Agent({ keepAlive: true, maxSockets: connections });
    this.request = scheme.request;
    const headers = {
      'content-type': 'application/json',
      ...(apiKey && { authorization: `Bearer ${apiKey}` }),
    };
    this.common = { agent: this.agent, timeout: ATTEMPT_TIMEOUT_MS, signal, headers };
  }

  get(path: string, replica: URL): Promise<HttpResponse> {
    return this.exchange(new URL(path, replica), { method: 'GET' });
  }

  /** Sends `body`, which is JSON text. */
  post(path: string, body: string, replica: URL): Promise<HttpResponse> {
    return this.exchange(new URL(path, replica), { method: 'POST' }, body);
  }

  /** Closes all connections, including those in use. */
  close(): void {
    this.agent.destroy();
  }

  private exchange(url: URL, options: RequestOptions, body?: string): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      let connected = false;
      const fail = ({ code, message }: NodeJS.ErrnoException) =>
        reject(new NoResponseError(code ?? message, connected));
      const request = this.request({ ...urlToHttpOptions(url), ...this.common, ...options });
      request.on('socket', (socket) => {
        if (socket.connecting) socket.once('connect', () => (connected = true));
        else connected = true;
      });
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', fail);
      request.on('response', (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', fail);
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: readObject(text) }),
        );
      });
      request.end(body);
    });
  }
}

function readObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
