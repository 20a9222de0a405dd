import type { ProblemDto } from '../../src/http/problem.dto.js';
import type { PublishedBatch, PublishedEvent } from '../../src/ingest/publish.dto.js';
import type { Answer, Attempt } from './history.js';
import type { PublishRequest } from './workload.js';

/** A bound on hanging, not on speed. */
const SILENCE_MS = 60_000;
const REFUSED_BROKEN = [400, 415, 422];
/** The kinds of 503 that say that nothing was taken. */
const NOTHING_TAKEN = ['urn:problem:queue-full', 'urn:problem:receiving-full', 'urn:problem:shutting-down'];

/** Sends one request, once, and records what came of it. */
export async function publish(
  url: string,
  request: PublishRequest,
  history: Attempt[],
): Promise<Attempt & { readonly status: number | null }> {
  const attempt: Attempt = { events: request.events, answer: { kind: 'unknown' } };
  history.push(attempt);
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${url}/publish`, {
      method: 'POST',
      headers: request.headers,
      body: request.body,
      signal: AbortSignal.timeout(SILENCE_MS),
    });
    body = await response.json();
  } catch (error) {
    if ((error as Error).name === 'TimeoutError')
      attempt.answer = { kind: 'unexpected', told: `no response within ${SILENCE_MS} ms` };
    return Object.assign(attempt, { status: null });
  }
  attempt.answer = readAnswer(request, response, body);
  return Object.assign(attempt, { status: response.status });
}

function readAnswer({ events, broken }: PublishRequest, response: Response, body: unknown): Answer {
  const { status, headers } = response;
  const unexpected: Answer = { kind: 'unexpected', told: `${status} ${JSON.stringify(body).slice(0, 300)}` };
  if (status === 503) {
    if (!(Number(headers.get('retry-after')) >= 1)) return unexpected;
    const { type } = body as ProblemDto;
    return NOTHING_TAKEN.includes(type) ? { kind: 'refused', status } : { kind: 'unknown' };
  }
  if (broken) return REFUSED_BROKEN.includes(status) ? { kind: 'refused', status } : unexpected;
  if (status === 202) return { kind: 'queued', due: false };
  if (status !== 200) return unexpected;
  if (events.length === 1) {
    const { event_id, outcome, seq } = body as PublishedEvent;
    if (event_id !== events[0]!.event_id) return unexpected;
    return { kind: 'verdicts', verdicts: [{ outcome, seq }] };
  }
  const results = (body as PublishedBatch).results ?? [];
  const isInOrder = results.every(
    ({ topic, event_id }, index) => topic === events[index]?.topic && event_id === events[index].event_id,
  );
  if (results.length !== events.length || !isInOrder) return unexpected;
  return { kind: 'verdicts', verdicts: results.map(({ outcome, seq }) => ({ outcome, seq })) };
}
