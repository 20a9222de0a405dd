import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsName } from '../validation/name.js';

/** Which events, by what they say: a part of several query strings. */
export class SelectionQuery {
  @IsOptional()
  @IsName()
  @ApiPropertyOptional({
    description: 'Only this topic, or a pattern: `user.*` is one level below user, `user.>` is all below.',
    example: 'orders',
  })
  topic?: string;

  @IsOptional()
  @IsIn(['pattern', 'exact'])
  @ApiPropertyOptional({
    enum: ['pattern', 'exact'],
    default: 'pattern',
    description: 'exact: the topic is meant as it stands, whatever characters are in it.',
  })
  match?: 'pattern' | 'exact';

  @IsOptional()
  @IsName()
  @ApiPropertyOptional({ description: 'Only what this source published.' })
  source?: string;
}
