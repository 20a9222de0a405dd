import type { EventJson } from '../event/event-json.js';

/** As the HTML standard's event stream format wants it; `id` is what a client sends back as Last-Event-ID. */
export function asServerSentEvent({ seq, json }: EventJson): string {
  return `id: ${seq}\nevent: event\ndata: ${json}\n\n`;
}
