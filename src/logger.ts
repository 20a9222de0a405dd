import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';

const BUFFER_BYTES = 8 * 1024;
const FLUSH_INTERVAL_MS = 100;
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/**
 * Creates a logger that writes JSON lines to stdout, buffered and asynchronously. One synchronous write per batch would
 * cost more than the batch itself. Drops lines beyond 4 MiB while stdout is not read.
 */
export function createLogger(level: string): Logger {
  const destination = pino.destination({
    sync: false,
    minLength: BUFFER_BYTES,
    periodicFlush: FLUSH_INTERVAL_MS,
    maxLength: MAX_BUFFERED_BYTES,
  });
  return pino({ level }, destination);
}

/** Passes the calls of Nest's Logger to pino. The last string argument is the context. */
export class PinoLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  verbose = this.at('trace');
  debug = this.at('debug');
  log = this.at('info');
  warn = this.at('warn');
  error = this.at('error');
  fatal = this.at('fatal');

  private at(level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal') {
    return (message: unknown, ...rest: unknown[]): void => {
      if (!this.logger.isLevelEnabled(level)) return;
      const context = rest.findLast((part) => typeof part === 'string');
      const details = rest.filter((part) => part !== context && part !== undefined);
      const fields = { context, ...(details.length > 0 && { details }) };
      if (message instanceof Error) this.logger[level]({ ...fields, err: message }, message.message);
      else if (typeof message === 'object') this.logger[level]({ ...fields, ...message });
      else this.logger[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
    };
  }
}
