/** What the benchmark publishes: an event of about 230 bytes. wrk.lua writes the same. */
export function payloadText(number: number): string {
  return `{"user":${number},"action":"login","ip":"10.0.0.1","tags":["a","b"]}`;
}

export type Mix = 'new' | 'duplicates' | 'conflicts';
