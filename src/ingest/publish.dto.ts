import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { EVENT_EXAMPLE } from '../event/examples.docs.js';
import { type Outcome, OUTCOMES } from '../event/verdict.js';

/** Documents a number of events or lines. */
export const Count = (description: string, example: number) =>
  ApiProperty({ type: 'integer', minimum: 0, description, example });

const EventId = () =>
  ApiProperty({ description: 'The `event_id` of the event.', example: EVENT_EXAMPLE.event_id });

const OutcomeOfEvent = () =>
  ApiProperty({
    enum: OUTCOMES,
    description:
      '`stored`: the event is new. `duplicate`: its key was already stored with an equal payload. `conflict`: its key was already stored with a different payload, which is kept.',
    example: 'stored',
  });

const Seq = () =>
  ApiProperty({
    type: 'integer',
    minimum: 1,
    description:
      '`seq` of the stored event with this key. For a duplicate or a conflict, this is the original event.',
    example: 1,
  });

const Queued = () =>
  ApiProperty({
    enum: ['queued'],
    description:
      'Accepted but not stored yet. Without a broker, events in this state are lost if the process dies before the commit.',
  });

class Accepted {
  @ApiProperty({
    enum: ['accepted'],
    description: 'Also `accepted` for duplicates and conflicts. `outcome` or the counts distinguish them.',
  })
  status!: 'accepted';

  @ApiProperty({ description: 'The result in words. The text may change.', example: 'stored as event 1' })
  message!: string;

  @ApiProperty({
    format: 'date-time',
    description: 'Time of receipt in UTC (RFC 3339).',
    example: '2026-01-31T12:00:00.123Z',
  })
  received_at!: string;
}

@ApiSchema({ description: 'The response to one event. Only this response has `seq`.' })
export class PublishedEvent extends Accepted {
  @EventId()
  event_id!: string;

  @OutcomeOfEvent()
  outcome!: Outcome;

  @Seq()
  seq!: number;
}

@ApiSchema({ description: 'The verdict on one event of a batch.' })
class EventResult {
  @ApiProperty({ description: 'The `topic` of the event.', example: EVENT_EXAMPLE.topic })
  topic!: string;

  @EventId()
  event_id!: string;

  @OutcomeOfEvent()
  outcome!: Outcome;

  @Seq()
  seq!: number;
}

@ApiSchema({
  description: 'The response to a batch. `received` = `stored` + `duplicates` + `conflicts`.',
})
export class PublishedBatch extends Accepted {
  @Count('Number of events in the batch.', 3)
  received!: number;

  @Count('Number of new events.', 2)
  stored!: number;

  @Count('Number of events whose key was already stored with an equal payload.', 1)
  duplicates!: number;

  @Count('Number of events whose key was already stored with a different payload.', 0)
  conflicts!: number;

  @ApiPropertyOptional({
    type: [EventResult],
    description: 'A verdict per event, in the order of the request. Absent with `Prefer: return=minimal`.',
  })
  results?: EventResult[];
}

@ApiSchema({ description: 'The response to one event with `Prefer: respond-async`.' })
export class QueuedEvent extends Accepted {
  @EventId()
  event_id!: string;

  @Queued()
  outcome!: 'queued';
}

@ApiSchema({ description: 'The response to a batch with `Prefer: respond-async`.' })
export class QueuedBatch extends Accepted {
  @Count('Number of events in the batch.', 3)
  received!: number;

  @Queued()
  outcome!: 'queued';
}
