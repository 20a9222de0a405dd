import type { ProblemDto } from '../../src/http/problem.dto.js';
import type { PublishedBatch, PublishedEvent } from '../../src/ingest/publish.dto.js';
import type { Attempt, AttemptResult } from './history.js';
import type { PublishRequest } from './workload.js';

/** Detects a hanging request, far above the response time on a busy machine. */
const RESPONSE_TIMEOUT_MS = 60_000;
const REJECTION_STATUSES = [400, 415, 422];
/** Problem types of a 503 that accepted no event. */
const NOTHING_ACCEPTED = [
  'urn:problem:queue-full',
  'urn:problem:receiving-full',
  'urn:problem:sending-full',
  'urn:problem:shutting-down',
];

/** Sends a request once, without a retry, and appends it and its result to the history. */
export async function publish(
  url: string,
  request: PublishRequest,
  history: Attempt[],
): Promise<Attempt & { readonly status: number | null }> {
  const attempt: Attempt = { events: request.events, result: { kind: 'unknown' } };
  history.push(attempt);
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${url}/publish`, {
      method: 'POST',
      headers: request.headers,
      body: request.body,
      signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
    });
    body = await response.json();
  } catch (error) {
    if ((error as Error).name === 'TimeoutError')
      attempt.result = { kind: 'unexpected', detail: `no response within ${RESPONSE_TIMEOUT_MS} ms` };
    return Object.assign(attempt, { status: null });
  }
  attempt.result = readResult(request, response, body);
  return Object.assign(attempt, { status: response.status });
}

function readResult({ events, invalid }: PublishRequest, response: Response, body: unknown): AttemptResult {
  const { status, headers } = response;
  const unexpected: AttemptResult = {
    kind: 'unexpected',
    detail: `${status} ${JSON.stringify(body).slice(0, 300)}`,
  };
  if (status === 503) {
    if (!(Number(headers.get('retry-after')) >= 1)) return unexpected;
    const { type } = body as ProblemDto;
    return NOTHING_ACCEPTED.includes(type) ? { kind: 'rejected', status } : { kind: 'unknown' };
  }
  if (invalid) return REJECTION_STATUSES.includes(status) ? { kind: 'rejected', status } : unexpected;
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
