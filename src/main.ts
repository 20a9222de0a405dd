import { createApp } from './app.js';
import { ConfigError, loadConfig } from './config.js';
import { StoreOpenError } from './store/store.js';

const SHUTDOWN_TIMEOUT_SECONDS = 25;

try {
  const config = loadConfig(process.env);
  const { app, logger } = await createApp(config);

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping: finishing what was accepted');
    setTimeout(() => {
      logger.fatal(`not drained within ${SHUTDOWN_TIMEOUT_SECONDS} s`);
      process.exit(1);
    }, SHUTDOWN_TIMEOUT_SECONDS * 1000).unref();
    app.close().then(
      () => {
        logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.fatal(error, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);

  await app.listen(config.PORT, config.HOST);
  logger.info({ url: await app.getUrl() }, 'ready');
} catch (error) {
  console.error(error instanceof ConfigError || error instanceof StoreOpenError ? error.message : error);
  process.exit(1);
}
