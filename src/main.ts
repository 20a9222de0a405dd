import { createApp } from './app.js';
import { ConfigError, loadConfig } from './config.js';
import { EventQueue } from './queue/event-queue.js';
import { StoreOpenError } from './store/store-errors.js';

const SHUTDOWN_TIMEOUT_SECONDS = 25;

try {
  const config = loadConfig(process.env);
  const { app, logger } = await createApp(config);

  // Before the end: while it exits, the log would try for ever to write to a reader that has gone.
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
    logger.info({ signal }, 'stopping: finishing what was accepted');
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
  logger.info({ url: await app.getUrl() }, 'ready');
} catch (error) {
  const foreseen = error instanceof ConfigError || error instanceof StoreOpenError || isOfListening(error);
  console.error(foreseen ? error.message : error);
  process.exit(1);
}

/** A port that is taken, or a host that is not this one: the message says it all. */
function isOfListening(error: unknown): error is Error {
  return ['listen', 'getaddrinfo'].includes((error as NodeJS.ErrnoException).syscall ?? '');
}
