import type { Client } from '../harness/client.js';

/** The series of a scrape, by name and labels as in the text. */
export type Series = ReadonlyMap<string, number>;

export async function scrapeText(client: Client, headers: Record<string, string> = {}): Promise<string> {
  const response = await client.request('/metrics', { headers });
  if (response.status !== 200) throw new Error(`GET /metrics: ${response.status}`);
  return response.text();
}

export async function scrape(client: Client, headers?: Record<string, string>): Promise<Series> {
  const lines = (await scrapeText(client, headers)).split('\n').filter((line) => /^\w/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Returns the names of metrics in an expression of PromQL or in a scrape. */
export function namesIn(text: string): string[] {
  return [...new Set(text.match(/\b(?:aggregator|nodejs|process)_\w+/g) ?? [])];
}

const OUTCOMES = ['stored', 'duplicate', 'conflict'];

/** Returns the numbers of stored events, duplicates and conflicts. */
export async function outcomesOf(client: Client): Promise<(number | undefined)[]> {
  const series = await scrape(client);
  return OUTCOMES.map((outcome) => series.get(`aggregator_events_total{outcome="${outcome}"}`));
}
