import { createApp } from './app.js';
import { ConfigError, loadConfig } from './config.js';
import { createLogger, PinoLogger } from './logger.js';
import { EventQueue } from './queue/event-queue.js';
import { StoreOpenError } from './store/store-errors.js';

const SHUTDOWN_TIMEOUT_SECONDS = 25;

try {
  const config = loadConfig(process.env);
  const logger = createLogger(config.LOG_LEVEL);
  const app = await createApp(config);

  // Flushes before the exit, because pino's exit handler would retry writes to a closed pipe.
  const exit = (code: number) => logger.flush(() => process.exit(code));
  const giveUp = async () => {
    const { depth: lost } = await app.get(EventQueue, { strict: false }).load();
    logger.fatal({ lost }, `not drained within ${SHUTDOWN_TIMEOUT_SECONDS} s: accepted events are lost`);
    exit(1);
  };
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping: draining the queue');
    setTimeout(() => void giveUp(), SHUTDOWN_TIMEOUT_SECONDS * 1000).unref();
    app.close().then(
      () => {
        logger.info('stopped');
        return exit(0);
      },
      (error: unknown) => {
        logger.fatal(error, 'stopping failed');
        exit(1);
      },
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);

  await app.listen(config.PORT, config.HOST);
  app.useLogger(new PinoLogger(logger));
  logger.info(
    {
      url: await app.getUrl(),
      host: config.HOST,
      database: config.DATABASE_URL,
      api_keys: config.API_KEYS ? 'required' : 'not required',
    },
    'ready',
  );
} catch (error) {
  const isExpected = error instanceof ConfigError || error instanceof StoreOpenError || isListenError(error);
  console.error(isExpected ? error.message : error);
  process.exit(1);
}

/** Whether the port is in use or the host is not an address of this machine. The message says which. */
function isListenError(error: unknown): error is Error {
  return ['listen', 'getaddrinfo'].includes((error as NodeJS.ErrnoException).syscall ?? '');
}
