import { createApp } from './app.js';
import { ConfigError, loadConfig, withoutPassword } from './config.js';
import { Commits } from './consumer/commits.js';
import { createLog, PinoLogger } from './logger.js';
import { parseQueueUrl } from './queue/queue-url.js';
import { Store } from './store/store.js';
import { VERSION } from './version.js';
import { shutDownOnSignal } from './shutdown.js';
import { StoreOpenError } from './store/store-errors.js';

try {
  const config = loadConfig(process.env);
  const log = createLog(config.LOG_LEVEL, config.LOG_FORMAT);
  const app = await createApp(config);
  shutDownOnSignal(app, log, config.SHUTDOWN_DELAY_MS);

  await app.listen(config.PORT, config.HOST);
  app.useLogger(new PinoLogger(log.logger));
  log.logger.info(
    {
      version: VERSION,
      node: process.versions.node,
      url: await app.getUrl(),
      host: config.HOST,
      database: withoutPassword(config.DATABASE_URL),
      schema: app.get(Store, { strict: false }).schema,
      ...(config.QUEUE_URL && { queue: parseQueueUrl(config.QUEUE_URL).servers }),
      last_seq: app.get(Commits, { strict: false }).lastSeq,
      api_keys: config.requiresApiKeys ? 'required' : 'not required',
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
  // For example, the port is already in use, or HOST is not an address of this machine.
  if (['listen', 'getaddrinfo'].includes(syscall))
    return `Cannot listen: ${message}. Set another HOST or PORT.`;
  return error;
}
