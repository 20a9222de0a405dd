import { Logger } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { unwatchFile, watchFile } from 'node:fs';
import type { ApiKeys } from './api-keys.js';

/** Interval of the checks of the file. A check follows links, which Kubernetes replaces when a secret changes. */
const CHECK_INTERVAL_MS = 2_000;
const EXPIRY_INTERVAL_MS = 5_000;

const logger = new Logger('ApiKeys');

/** Ends API keys that expire. Reads the file of API keys again when it changes, and on SIGHUP, until the server closes. */
export function reloadApiKeys(server: FastifyInstance, keys: ApiKeys, path: string): void {
  const reload = (): void => {
    try {
      keys.reload();
      logger.log({ msg: 'API keys reloaded', keys: keys.size });
    } catch (error) {
      const reason = (error as Error).message;
      logger.error({ msg: 'API keys not reloaded: the previous ones stay in use', reason });
    }
  };
  const expiry = setInterval(() => keys.endExpired(), EXPIRY_INTERVAL_MS).unref();
  if (path) {
    watchFile(path, { interval: CHECK_INTERVAL_MS, persistent: false }, reload);
    process.on('SIGHUP', reload);
  }
  server.addHook('onClose', (_server, done) => {
    clearInterval(expiry);
    if (path) {
      unwatchFile(path, reload);
      process.off('SIGHUP', reload);
    }
    done();
  });
}
