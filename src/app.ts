import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Logger, pino } from 'pino';
import { AppModule } from './app.module.js';
import type { Config } from './config.js';
import { setupDocs } from './docs/openapi.js';
import { compressBodies } from './http/compression.js';
import { fastifyAdapter } from './server.js';
import { ProblemFilter } from './http/problem.filter.js';
import { PinoLogger } from './logger.js';

const LOG_BUFFER_BYTES = 8 * 1024;
const LOG_DELAY_MS = 100;
const MAX_LOG_BYTES = 4 * 1024 * 1024;

/** The application, wired and initialised, not yet listening. */
export async function createApp(config: Config): Promise<{ app: NestFastifyApplication; logger: Logger }> {
  // Not synchronous, and many lines at a time: under load, a write for each batch would cost more than the batch's
  // own bookkeeping. Where nobody takes the lines, those that no longer fit are dropped.
  const destination = pino.destination({
    sync: false,
    minLength: LOG_BUFFER_BYTES,
    periodicFlush: LOG_DELAY_MS,
    maxLength: MAX_LOG_BYTES,
  });
  const logger = pino({ level: config.LOG_LEVEL }, destination);
  const adapter = fastifyAdapter(config);
  // Loaded before there are routes: it hooks into each as it is added.
  await compressBodies(adapter.getInstance());
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), adapter, {
    logger: new PinoLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new ProblemFilter());
  setupDocs(app);
  await app.init();
  return { app, logger };
}
