import { isDeepStrictEqual } from 'node:util';
import type { Find, Finding } from './findings.js';
import { type Attempt, type SentEvent, keyOf } from './history.js';
import { judgeSums } from './judge-sums.js';
import type { Readback } from './readback.js';
import type { StoredEventDto } from '../../src/query/events.dto.js';

/** Holds what is stored against what was sent and answered. An empty list means that every promise held. */
export function judge(history: readonly Attempt[], readback: Readback): Finding[] {
  const findings: Finding[] = [];
  const find: Find = (kind, detail) => void findings.push({ kind, detail });

  if (readback.integrity !== 'ok') find('corrupt', readback.integrity);
  judgeRows(history, readback.rows, find);
  judgeAnswers(history, readback.rows, find);
  judgeSums(history, readback, find);
  return findings;
}

/** Each row: in order, once, and what its own attempt sent. */
function judgeRows(history: readonly Attempt[], rows: readonly StoredEventDto[], find: Find): void {
  const attempts = new Map<string, Attempt>();
  for (const attempt of history) for (const { source } of attempt.events) attempts.set(source, attempt);

  const seen = new Set<string>();
  let seq = 0;
  let processedAt = '';
  for (const row of rows) {
    if (row.seq !== seq + 1) find('disorder', `${name(row)} comes after seq ${seq}`);
    if (row.processed_at < processedAt)
      find('disorder', `${name(row)} was processed before the one in front of it`);
    ({ seq, processed_at: processedAt } = row);

    const key = keyOf(row);
    if (seen.has(key)) find('doubled', name(row));
    seen.add(key);

    const attempt = attempts.get(row.source);
    const sent = attempt && firstOf(attempt, key);
    if (!sent) find('phantom', name(row));
    else if (attempt.answer.kind === 'refused')
      find('not refused', `${name(row)}, answered ${attempt.answer.status}`);
    else if (row.timestamp !== sent.timestamp || !isDeepStrictEqual(row.payload, sent.payload))
      find('divergent', `${name(row)} is ${JSON.stringify(row)}, sent ${JSON.stringify(sent)}`);
  }
}

/** Each answer: what was acknowledged is there, and the verdicts are true of it. */
function judgeAnswers(history: readonly Attempt[], rows: readonly StoredEventDto[], find: Find): void {
  const stored = new Map<string, StoredEventDto>();
  for (const row of rows) if (!stored.has(keyOf(row))) stored.set(keyOf(row), row);
  const toldStored = new Set<string>();

  for (const attempt of history) {
    const { events, answer } = attempt;
    if (answer.kind === 'unexpected') find('unexpected', answer.told);
    if (answer.kind === 'queued' && answer.due) {
      for (const event of events)
        if (!stored.has(keyOf(event))) find('lost', `${name(event)}, answered 202 and in no way interrupted`);
    }
    if (answer.kind !== 'verdicts') continue;
    for (const [index, event] of events.entries()) {
      const { outcome, seq } = answer.verdicts[index]!;
      const key = keyOf(event);
      const told = `${name(event)} of ${event.source}, told ${outcome} as ${seq}`;
      if (outcome === 'stored') {
        if (toldStored.has(key)) find('stored twice', told);
        toldStored.add(key);
      }
      const row = stored.get(key);
      if (!row) {
        find('lost', told);
        continue;
      }
      if (row.seq !== seq) find('other seq', `${told}, is ${row.seq}`);
      const isWinner = row.source === event.source && firstOf(attempt, key) === event;
      if ((outcome === 'stored') !== isWinner) find('divergent', `${told}, stored by ${row.source}`);
      if (outcome !== 'stored' && (outcome === 'duplicate') !== isDeepStrictEqual(row.payload, event.payload))
        find('divergent', `${told}, where ${JSON.stringify(row.payload)} is stored`);
    }
  }
}

/** Of two events with one key in one request, the first one wins. */
function firstOf(attempt: Attempt, key: string): SentEvent | undefined {
  return attempt.events.find((event) => keyOf(event) === key);
}

function name({ topic, event_id }: { topic: string; event_id: string }): string {
  return `${topic}/${event_id}`;
}
