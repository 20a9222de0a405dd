import type { EventDto } from '../../event/event.dto.js';
import type { Outcome, Verdict } from '../../event/verdict.js';
import type { PublishedBatch, PublishedEvent } from '../../ingest/publish.dto.js';
import { PublishingError } from './failure.js';

/** Returns the verdict on a single event. Throws `PublishingError` if it names another event. */
export function readVerdict(response: PublishedEvent, { event_id }: EventDto): Verdict {
  if (response.event_id !== event_id)
    throw new PublishingError(
      `POST /publish: ${event_id} was sent, but the verdict is on ${response.event_id}`,
    );
  return response;
}

/** Returns the verdicts on many events. Throws `PublishingError` if they name other events or if the sums are wrong. */
export function readVerdicts(response: PublishedBatch, events: readonly EventDto[]): readonly Verdict[] {
  const { results = [], received, stored, duplicates, conflicts } = response;
  if (results.length !== events.length)
    throw new PublishingError(
      `POST /publish: ${events.length} events were sent, but ${results.length} have a verdict`,
    );
  const count: Record<Outcome, number> = { stored: 0, duplicate: 0, conflict: 0 };
  for (const [index, { topic, event_id, outcome }] of results.entries()) {
    const sent = events[index]!;
    if (sent.topic !== topic || sent.event_id !== event_id)
      throw new PublishingError(
        `POST /publish: ${sent.event_id} was sent, but the verdict is on ${event_id}`,
      );
    count[outcome]++;
  }
  const reported = { received, stored, duplicates, conflicts };
  if (
    received !== events.length ||
    stored !== count.stored ||
    duplicates !== count.duplicate ||
    conflicts !== count.conflict
  )
    throw new PublishingError(
      `POST /publish: the sums ${JSON.stringify(reported)} differ from the verdicts, ${JSON.stringify(count)}`,
    );
  return results;
}
