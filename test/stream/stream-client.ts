import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Client } from '../harness/client.js';
import type { EventsPage } from '../../src/query/events.dto.js';

type Stored = EventsPage['events'][number];

/** A subscriber that records what it receives. Parses without a library, which could hide parts of the stream. */
export class StreamClient {
  readonly events: Stored[] = [];
  readonly ids: number[] = [];
  ended = false;
  private text = '';

  constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (part: string) => this.read(part));
    response.on('error', () => {}).on('close', () => (this.ended = true));
  }

  static async open(client: Client, query = '', headers: Record<string, string> = {}): Promise<StreamClient> {
    const asking = request(`${client.url}/events/stream${query}`, { headers, agent: false }).end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    return new StreamClient(response);
  }

  close(): void {
    this.response.destroy();
  }

  private read(part: string): void {
    this.text += part;
    const messages = this.text.split('\n\n');
    this.text = messages.pop()!;
    for (const message of messages) {
      const match = /^id: (\d+)\nevent: event\ndata: ([^\n]*)$/.exec(message);
      if (!match) continue;
      this.ids.push(Number(match[1]));
      this.events.push(JSON.parse(match[2]!) as Stored);
    }
  }
}
