import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsName } from '../validation/name.js';
import { NAME_SCHEMA } from '../validation/schemas.docs.js';

/** Selects events by topic and source: a part of several query strings. */
export class SelectionQuery {
  @IsOptional()
  @IsName()
  @ApiPropertyOptional({
    ...NAME_SCHEMA,
    description:
      'Only events of this topic, or of the topics that match this pattern: `user.*` matches one level below `user`, `user.>` matches all levels below.',
    example: 'orders',
  })
  topic?: string;

  @IsOptional()
  @IsIn(['pattern', 'exact'])
  @ApiPropertyOptional({
    enum: ['pattern', 'exact'],
    default: 'pattern',
    description: '`exact`: `topic` is the name of one topic, whatever characters it contains.',
  })
  match?: 'pattern' | 'exact';

  @IsOptional()
  @IsName()
  @ApiPropertyOptional({ ...NAME_SCHEMA, description: 'Only events of this source.' })
  source?: string;
}
