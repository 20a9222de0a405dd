import { ApiProperty } from '@nestjs/swagger';
import { type Outcome, OUTCOMES } from '../event/verdict.js';

class Accepted {
  @ApiProperty({ enum: ['accepted'], example: 'accepted' })
  status!: 'accepted';

  @ApiProperty({ description: 'The same in words, for people.' })
  message!: string;

  @ApiProperty({
    description: 'When the request was received: UTC, RFC 3339.',
    example: '2026-01-31T12:00:00.123Z',
  })
  received_at!: string;
}

/** The answer to one event. */
export class PublishedEvent extends Accepted {
  @ApiProperty({ example: 'order-1001' })
  event_id!: string;

  @ApiProperty({
    enum: OUTCOMES,
    enumName: 'Outcome',
    description:
      'stored: new. duplicate: was there already. conflict: was there already, with another payload; the first stays.',
  })
  outcome!: Outcome;

  @ApiProperty({
    type: 'integer',
    description: 'Where the event stands in the order of storing; of a duplicate, the first one.',
    example: 1,
  })
  seq!: number;
}

/** What became of one event of a batch. */
export class EventResult {
  @ApiProperty({ example: 'orders' })
  topic!: string;

  @ApiProperty({ example: 'order-1001' })
  event_id!: string;

  @ApiProperty({ enum: OUTCOMES, enumName: 'Outcome' })
  outcome!: Outcome;

  @ApiProperty({ type: 'integer', example: 1 })
  seq!: number;
}

/** The answer to many events: received = stored + duplicates + conflicts. */
export class PublishedBatch extends Accepted {
  @ApiProperty({ type: 'integer', example: 2 })
  received!: number;

  @ApiProperty({ type: 'integer', example: 1 })
  stored!: number;

  @ApiProperty({ type: 'integer', example: 1 })
  duplicates!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  conflicts!: number;

  @ApiProperty({
    type: [EventResult],
    required: false,
    description: 'In the order sent; absent with Prefer: return=minimal.',
  })
  results?: EventResult[];
}

/** The answer to one event with Prefer: respond-async. */
export class QueuedEvent extends Accepted {
  @ApiProperty({ example: 'order-1001' })
  event_id!: string;

  @ApiProperty({
    enum: ['queued'],
    enumName: 'QueuedOutcome',
    description: 'Taken, not yet stored: lost if the process is killed before.',
  })
  outcome!: 'queued';
}

/** The answer to many events with Prefer: respond-async. */
export class QueuedBatch extends Accepted {
  @ApiProperty({ type: 'integer', example: 2 })
  received!: number;

  @ApiProperty({ enum: ['queued'], enumName: 'QueuedOutcome' })
  outcome!: 'queued';
}

/** A line that was refused. */
export class LineProblem {
  @ApiProperty({ type: 'integer', description: 'From 1.', example: 7 })
  line!: number;

  @ApiProperty({
    example: '/event_id must be a string of 1 to 255 characters, not only blanks, without control characters',
  })
  detail!: string;
}

/** The answer to NDJSON: received = stored + duplicates + conflicts; lines that were refused are told apart. */
export class PublishedLines {
  @ApiProperty({ type: 'integer', description: 'Valid lines.', example: 3 })
  received!: number;

  @ApiProperty({ type: 'integer', example: 3 })
  stored!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  duplicates!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  conflicts!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Lines that are no event; nothing of them was taken.',
    example: 1,
  })
  rejected!: number;

  @ApiProperty({
    description:
      'False where the body broke off or could not be unpacked any further: send it again, which is safe.',
    example: true,
  })
  complete!: boolean;

  @ApiProperty({
    type: [LineProblem],
    description: 'The first hundred of them, and where the body broke off.',
  })
  errors!: LineProblem[];
}
