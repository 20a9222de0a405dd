import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { SERVICE, VERSION } from '../version.js';

@ApiSchema({ description: 'Name and version of the service.' })
export class ServiceInfo {
  @ApiProperty({ description: 'Name of the service.', example: SERVICE })
  service!: string;

  @ApiProperty({ description: 'Version of the service.', example: VERSION })
  version!: string;

  @ApiProperty({ description: 'Always `running`. See `/health` for the checks.', enum: ['running'] })
  status!: 'running';

  @ApiProperty({ description: 'Path of the documentation.', example: '/docs' })
  docs!: string;
}
