import { createApp } from './app.js';
import { ConfigError, loadConfig, withoutPassword } from './config.js';
import { Commits } from './consumer/commits.js';
import { createLog, PinoLogger } from './logger.js';
import { EventQueue } from './queue/event-queue.js';
import { StoreOpenError } from './store/store-errors.js';

const SHUTDOWN_TIMEOUT_SECONDS = 25;

try {
  const config = loadConfig(process.env);
  const { logger, exit } = createLog(config.LOG_LEVEL);
  const app = await createApp(config);

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
      database: withoutPassword(config.DATABASE_URL),
      last_seq: app.get(Commits, { strict: false }).lastSeq,
      api_keys: config.API_KEYS ? 'required' : 'not required',
    },
    'ready',
  );
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}

/** Returns the message of an error that the operator can correct, and any other error with its stack. */
function explain(error: unknown): unknown {
  if (error instanceof ConfigError || error instanceof StoreOpenError) return error.message;
  const { message, syscall = '' } = error as NodeJS.ErrnoException;
  // For example, the port is in use, or the host is not an address of this machine.
  if (['listen', 'getaddrinfo'].includes(syscall))
    return `Cannot listen: ${message}. Set another HOST or PORT.`;
  return error;
}
