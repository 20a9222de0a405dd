import { ApiProperty } from '@nestjs/swagger';
import { SERVICE, VERSION } from '../version.js';

/** The answer of GET /. */
export class ServiceInfo {
  @ApiProperty({ example: SERVICE })
  service!: string;

  @ApiProperty({ example: VERSION })
  version!: string;

  @ApiProperty({ enum: ['running'] })
  status!: 'running';

  @ApiProperty({ example: '/docs' })
  docs!: string;
}
