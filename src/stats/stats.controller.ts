import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresApiKey } from '../auth/access.js';
import { checkedQuery } from '../http/checked-query.js';
import { ApiProblems } from '../http/problem.docs.js';
import { StatsQuery, StatsResponse } from './stats.dto.js';
import { Stats } from './stats.js';

@ApiTags('stats')
@Controller('stats')
export class StatsController {
  constructor(private readonly stats: Stats) {}

  @Get()
  @RequiresApiKey('read')
  @ApiOperation({
    operationId: 'getStats',
    summary: 'Get the totals',
    description:
      'Returns the totals over all topics since the store was created. The response time does not depend on the number of stored events. `topics` lists every topic. If there are many topics, use `GET /topics`, which returns pages.',
  })
  @ApiOkResponse({ type: StatsResponse, description: 'The totals.' })
  @ApiProblems('unknownParameter', 'sendingFull')
  read(@Query(checkedQuery()) _query: StatsQuery): Promise<StatsResponse> {
    return this.stats.read();
  }
}
