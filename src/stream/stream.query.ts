import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { SelectionQuery } from '../query/selection.query.js';
import { WholeNumber } from '../validation/whole-number.js';

/** The query string of `GET /events/stream`. */
export class StreamQuery extends SelectionQuery {
  @IsOptional()
  @WholeNumber(0, Number.MAX_SAFE_INTEGER)
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description:
      'Begins after this `seq`: 0 sends every stored event first. If absent, the stream begins with the next event.',
  })
  after?: number;
}
