import { Controller, Get, Module } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Open } from '../auth/access.js';
import { ApiProblems } from '../http/problem.docs.js';
import { SERVICE, VERSION } from '../version.js';

/** The answer of GET /. */
export class HomeAnswer {
  @ApiProperty({ example: SERVICE })
  service!: string;

  @ApiProperty({ example: VERSION })
  version!: string;

  @ApiProperty({ enum: ['running'] })
  status!: 'running';

  @ApiProperty({ example: '/docs' })
  docs!: string;
}

@ApiTags('service')
@Controller()
class HomeController {
  @Get()
  @Open()
  @ApiOperation({ operationId: 'getService', summary: 'What is running here' })
  @ApiOkResponse({ type: HomeAnswer })
  @ApiProblems()
  home(): HomeAnswer {
    return { service: SERVICE, version: VERSION, status: 'running', docs: '/docs' };
  }
}

@Module({ controllers: [HomeController] })
export class HomeModule {}
