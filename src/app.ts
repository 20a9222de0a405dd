import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { Config } from './config.js';
import { setupDocs } from './docs/openapi.js';
import { checkBeforeContinue } from './http/continue.js';
import { ProblemFilter } from './http/problem.filter.js';
import { toProblem } from './ingest/publish-problems.js';
import { EventQueue, QueueDrainingError } from './queue/event-queue.js';
import { createServer } from './server.js';
import { StoreUnavailableFilter } from './store/store-unavailable.filter.js';

/**
 * Creates and initialises the application, without listening. Nest logs nothing until `useLogger()` is called,
 * because the caller reports the error of a failed start.
 */
export async function createApp(config: Config): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config),
    await createServer(config),
    { logger: false, bodyParser: false, abortOnError: false },
  );
  // Nest tries the last filter first, so the filter that catches everything comes first.
  app.useGlobalFilters(new ProblemFilter(), new StoreUnavailableFilter());
  const queue = app.get(EventQueue, { strict: false });
  checkBeforeContinue(app.getHttpAdapter().getInstance(), async () => {
    const { draining } = await queue.load();
    if (draining) throw toProblem(new QueueDrainingError('The service is stopping.'));
  });
  setupDocs(app);
  await app.init();
  return app;
}
