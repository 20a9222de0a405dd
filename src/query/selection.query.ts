import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsName } from '../validation/name.js';
import { NAME_SCHEMA } from '../validation/schemas.docs.js';

/** Query parameters that select events by topic and source. Several endpoints share them. */
export class SelectionQuery {
  @IsOptional()
  @IsName()
  @ApiPropertyOptional({
    ...NAME_SCHEMA,
    description:
      'Selects events of this topic, or of the topics that match this pattern. `user.*` matches one level below `user`, and `user.>` matches all levels below.',
    example: 'orders',
  })
  topic?: string;

  @IsOptional()
  @IsIn(['pattern', 'exact'])
  @ApiPropertyOptional({
    enum: ['pattern', 'exact'],
    default: 'pattern',
    description: 'With `exact`, `topic` is the name of one topic, even if it contains `*` or `>`.',
  })
  match?: 'pattern' | 'exact';

  @IsOptional()
  @IsName()
  @ApiPropertyOptional({ ...NAME_SCHEMA, description: 'Selects events of this source.' })
  source?: string;
}
