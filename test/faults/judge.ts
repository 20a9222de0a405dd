import { isDeepStrictEqual } from 'node:util';
import type { Find, Finding } from './findings.js';
import { type Attempt, type SentEvent, keyOf } from './history.js';
import { judgeSums } from './judge-sums.js';
import type { Readback } from './readback.js';
import type { StoredEventDto } from '../../src/query/events.dto.js';

/** Compares the stored rows with the requests and responses. Returns an empty list if no guarantee was violated. */
export function judge(history: readonly Attempt[], readback: Readback): Finding[] {
  const findings: Finding[] = [];
  const find: Find = (kind, detail) => void findings.push({ kind, detail });

  if (readback.integrity !== 'ok') find('corrupt', readback.integrity);
  judgeRows(history, readback.rows, find);
  judgeResults(history, readback.rows, find);
  judgeSums(history, readback, find);
  return findings;
}

/** Checks that the rows are in order, unique and equal to the sent events. */
function judgeRows(history: readonly Attempt[], rows: readonly StoredEventDto[], find: Find): void {
  const attempts = new Map<string, Attempt>();
  for (const attempt of history) for (const { source } of attempt.events) attempts.set(source, attempt);

  const seen = new Set<string>();
  let seq = 0;
  let processedAt = '';
  for (const row of rows) {
    if (row.seq !== seq + 1) find('disorder', `${name(row)} follows seq ${seq}`);
    if (row.processed_at < processedAt)
      find('disorder', `${name(row)} has a processed_at before that of the previous row`);
    ({ seq, processed_at: processedAt } = row);

    const key = keyOf(row);
    if (seen.has(key)) find('doubled', name(row));
    seen.add(key);

    const attempt = attempts.get(row.source);
    const sent = attempt && firstOf(attempt, key);
    if (!sent) find('phantom', name(row));
    else if (attempt.result.kind === 'rejected')
      find('not rejected', `${name(row)}, response ${attempt.result.status}`);
    else if (row.timestamp !== sent.timestamp || !isDeepStrictEqual(row.payload, sent.payload))
      find('divergent', `${name(row)} is ${JSON.stringify(row)}, sent ${JSON.stringify(sent)}`);
  }
}

/** Checks that every acknowledged event is stored and that the verdicts are correct. */
function judgeResults(history: readonly Attempt[], rows: readonly StoredEventDto[], find: Find): void {
  const stored = new Map<string, StoredEventDto>();
  for (const row of rows) if (!stored.has(keyOf(row))) stored.set(keyOf(row), row);
  const reportedStored = new Set<string>();

  for (const attempt of history) {
    const { events, result } = attempt;
    if (result.kind === 'unexpected') find('unexpected', result.detail);
    if (result.kind === 'queued' && result.due) {
      for (const event of events)
        if (!stored.has(keyOf(event))) find('lost', `${name(event)}, response 202 without an interruption`);
    }
    if (result.kind !== 'verdicts') continue;
    for (const [index, event] of events.entries()) {
      const { outcome, seq } = result.verdicts[index]!;
      const key = keyOf(event);
      const verdict = `${name(event)} of ${event.source}, verdict ${outcome} with seq ${seq}`;
      if (outcome === 'stored') {
        if (reportedStored.has(key)) find('stored twice', verdict);
        reportedStored.add(key);
      }
      const row = stored.get(key);
      if (!row) {
        find('lost', verdict);
        continue;
      }
      if (row.seq !== seq) find('other seq', `${verdict}, stored with seq ${row.seq}`);
      const isWinner = row.source === event.source && firstOf(attempt, key) === event;
      if ((outcome === 'stored') !== isWinner) find('divergent', `${verdict}, stored by ${row.source}`);
      if (outcome !== 'stored' && (outcome === 'duplicate') !== isDeepStrictEqual(row.payload, event.payload))
        find('divergent', `${verdict}, stored payload ${JSON.stringify(row.payload)}`);
    }
  }
}

/** Returns the first event of a request with this key, which is the one that is stored. */
function firstOf(attempt: Attempt, key: string): SentEvent | undefined {
  return attempt.events.find((event) => keyOf(event) === key);
}

function name({ topic, event_id }: { topic: string; event_id: string }): string {
  return `${topic}/${event_id}`;
}
