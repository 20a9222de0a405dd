import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Open } from '../auth/access.js';
import { ApiProblems } from '../http/problem.docs.js';
import { SERVICE, VERSION } from '../version.js';
import { ServiceInfo } from './home.dto.js';

@ApiTags('service')
@Controller()
export class HomeController {
  @Get()
  @Open()
  @ApiOperation({
    operationId: 'getService',
    summary: 'Get name and version',
    description: 'Responds even if the store fails. `GET /health` runs the checks.',
  })
  @ApiOkResponse({ type: ServiceInfo, description: 'Name and version of the service.' })
  @ApiProblems()
  home(): ServiceInfo {
    return { service: SERVICE, version: VERSION, status: 'running', docs: '/docs' };
  }
}
