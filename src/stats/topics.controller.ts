import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresApiKey } from '../auth/access.js';
import { ApiProblems } from '../http/problem.docs.js';
import { checkedQuery } from '../http/checked-query.js';
import { TopicsPage, TopicsQuery } from './topics.dto.js';
import { Stats } from './stats.js';

@ApiTags('stats')
@Controller('topics')
export class TopicsController {
  constructor(private readonly stats: Stats) {}

  @Get()
  @RequiresApiKey('read')
  @ApiOperation({
    operationId: 'listTopics',
    summary: 'List topics with their counters',
    description:
      'Returns a page of topics, sorted by name. The counters of all topics add up to those of `GET /stats`.',
  })
  @ApiOkResponse({ type: TopicsPage, description: 'A page of topics.' })
  @ApiProblems('invalidQuery', 'sendingFull', 'storeNotReadable')
  list(@Query(checkedQuery()) query: TopicsQuery): Promise<TopicsPage> {
    return this.stats.topics(query);
  }
}
