import { Controller, Get, UseFilters } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { HealthCheckResult } from '@nestjs/terminus';
import { Open } from '../auth/access.js';
import { ApiProblems } from '../http/problem.docs.js';
import { Health } from './health.js';
import { HealthResponse } from './health.dto.js';
import { UnhealthyFilter } from './unhealthy.filter.js';

@ApiTags('health')
@Controller('health')
@UseFilters(UnhealthyFilter)
export class HealthController {
  constructor(private readonly health: Health) {}

  @Get()
  @Open()
  @ApiOperation({ operationId: 'getHealth', summary: 'Database, queue and disk, with figures' })
  @ApiOkResponse({ type: HealthResponse })
  @ApiProblems(503)
  all(): Promise<HealthCheckResult> {
    return this.health.all();
  }

  @Get('live')
  @Open()
  @ApiOperation({ operationId: 'getLiveness', summary: 'Whether the process answers' })
  @ApiOkResponse({ type: HealthResponse })
  @ApiProblems()
  live(): HealthCheckResult {
    return this.health.live();
  }

  @Get('ready')
  @Open()
  @ApiOperation({ operationId: 'getReadiness', summary: 'Whether events can be published now' })
  @ApiOkResponse({ type: HealthResponse })
  @ApiProblems(503)
  ready(): Promise<HealthCheckResult> {
    return this.health.ready();
  }
}
