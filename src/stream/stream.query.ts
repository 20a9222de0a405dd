import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { SelectionQuery } from '../query/selection.query.js';
import { WholeNumber } from '../validation/whole-number.js';

/** The query string of GET /events/stream. */
export class StreamQuery extends SelectionQuery {
  @IsOptional()
  @WholeNumber(0, Number.MAX_SAFE_INTEGER)
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description:
      'Events with a greater seq: 0 is from the beginning, absent is from now on. Last-Event-ID wins over it.',
  })
  after?: number;
}
