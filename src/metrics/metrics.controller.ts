import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Registry } from '@prometheus-io/client';
import { RequiresApiKey } from '../auth/access.js';
import { ApiProblems } from '../http/problem.docs.js';
import { Metrics } from './metrics.js';

@ApiTags('health')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @RequiresApiKey('read')
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  @ApiOperation({
    operationId: 'getMetrics',
    summary: 'Get metrics for Prometheus',
    description:
      'Returns the metrics of this process in the text format of Prometheus, version 0.0.4. The totals of events equal those of `GET /stats`. A metric whose source does not respond within 2 s has no values. With `METRICS_PUBLIC=on`, no API key is required.',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({
    description: 'The metrics.',
    content: {
      'text/plain': {
        schema: { type: 'string' },
        example: 'aggregator_events_total{outcome="stored"} 1\naggregator_ready 1\n',
      },
    },
  })
  @ApiProblems('sendingFull')
  read(): Promise<string> {
    return this.metrics.text();
  }
}
