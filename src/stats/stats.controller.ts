import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsKey } from '../auth/access.js';
import { ApiProblems } from '../http/problem.docs.js';
import { StatsResponse } from './stats.dto.js';
import { Stats } from './stats.js';

@ApiTags('stats')
@Controller('stats')
export class StatsController {
  constructor(private readonly stats: Stats) {}

  @Get()
  @NeedsKey('read')
  @ApiOperation({ operationId: 'getStats', summary: 'What was received, stored and dropped' })
  @ApiOkResponse({ type: StatsResponse })
  @ApiProblems()
  read(): Promise<StatsResponse> {
    return this.stats.read();
  }
}
