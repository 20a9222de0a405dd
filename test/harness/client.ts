import type { EventsPage } from '../../src/query/events.dto.js';
import type { StatsResponse } from '../../src/stats/stats.dto.js';

/** Calls the service over HTTP, as any caller does. */
export class Client {
  constructor(readonly url: string) {}

  request(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  /** Publishes any JSON value. */
  publish(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.publishText(JSON.stringify(body), headers);
  }

  publishText(body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> {
    return this.request('/publish', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: body as string,
    });
  }

  /** Returns the JSON at a path; rejects unless the status is 200. */
  async get<T>(path: string): Promise<T> {
    const response = await this.request(path);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${text}`);
    // response.json() returns objects of another realm, which Jest never finds deep-equal to those of a test.
    return JSON.parse(text) as T;
  }

  async status(path: string): Promise<number> {
    const response = await this.request(path);
    await response.arrayBuffer();
    return response.status;
  }

  stats(): Promise<StatsResponse> {
    return this.get('/stats');
  }

  /** Returns every stored event after a cursor, by walking the pages in commit order. */
  async everything(cursor = 0): Promise<EventsPage['events']> {
    const all: EventsPage['events'] = [];
    for (let after: number | null = cursor; after !== null;) {
      const page: EventsPage = await this.get(`/events?order=asc&limit=1000&after=${after}`);
      for (const event of page.events) all.push(event);
      after = page.next_cursor;
    }
    return all;
  }
}
