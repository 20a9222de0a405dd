import { Controller, Get, UseFilters } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { HealthCheckResult } from '@nestjs/terminus';
import { Open } from '../auth/access.js';
import { ApiProblems } from '../http/problem.docs.js';
import { DEGRADED, DOWN } from './health-examples.docs.js';
import { ApiUnhealthy } from './health.docs.js';
import { HealthResponse } from './health.dto.js';
import { Health } from './health.js';
import { UnhealthyFilter } from './unhealthy.filter.js';

@ApiTags('health')
@Controller('health')
@UseFilters(UnhealthyFilter)
export class HealthController {
  constructor(private readonly health: Health) {}

  @Get()
  @Open()
  @ApiOperation({
    operationId: 'getHealth',
    summary: 'Check database, queue, disk, WAL and clock',
    description: `Returns figures for monitoring. Returns 503 if ${DOWN}. \`degraded\`: ${DEGRADED}`,
  })
  @ApiOkResponse({ type: HealthResponse, description: 'No check failed.' })
  @ApiProblems()
  @ApiUnhealthy()
  all(): Promise<HealthCheckResult> {
    return this.health.all();
  }

  @Get('live')
  @Open()
  @ApiOperation({
    operationId: 'getLiveness',
    summary: 'Check that the process responds',
    description: 'For liveness probes. Runs no checks, because a restart would not repair a full disk.',
  })
  @ApiOkResponse({
    description: 'The process responds.',
    type: HealthResponse,
    example: { status: 'ok', info: {}, error: {}, details: {} },
  })
  @ApiProblems()
  live(): HealthCheckResult {
    return this.health.live();
  }

  @Get('ready')
  @Open()
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Check that events can be published',
    description: `Returns 503 if ${DOWN}. For readiness probes and load balancers.`,
  })
  @ApiOkResponse({ type: HealthResponse, description: 'Events can be published.' })
  @ApiProblems()
  @ApiUnhealthy()
  ready(): Promise<HealthCheckResult> {
    return this.health.ready();
  }
}
