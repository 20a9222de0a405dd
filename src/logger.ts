import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import { pretty } from './log-format.js';

const BUFFER_BYTES = 8 * 1024;
const FLUSH_INTERVAL_MS = 100;
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Maximum time for writing the last lines to stdout before the process exits. */
const LAST_FLUSH_MS = 1_000;

export type LogFormat = 'json' | 'pretty';

export interface ServiceLog {
  readonly logger: Logger;
  /** Exits when all lines are written to stdout. After one second, exits without the remaining lines. */
  readonly exit: (code: number) => void;
}

/**
 * Creates a logger that writes lines to stdout, buffered and asynchronously. One synchronous write per batch would
 * cost more than the batch itself. Drops lines beyond 4 MiB while stdout is not read.
 */
export function createLog(level: string, format: LogFormat): ServiceLog {
  // This getter makes stdout non-blocking if it is a pipe. While the pipe is full, a write would otherwise block a thread
  // of libuv's pool, for which `process.exit` waits.
  void process.stdout;
  const destination = pino.destination({
    sync: false,
    minLength: BUFFER_BYTES,
    periodicFlush: FLUSH_INTERVAL_MS,
    maxLength: MAX_BUFFERED_BYTES,
  });
  const options = {
    level,
    // Without the process id and the host name, which container platforms add.
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, format === 'json' ? destination : prettyStream(destination));
  return {
    logger,
    exit: (code) => {
      // Flushes before the exit, because pino's exit handler retries writes until they succeed.
      logger.flush(() => process.exit(code));
      setTimeout(() => {
        destination.destroy();
        process.exit(code);
      }, LAST_FLUSH_MS);
    },
  };
}

/** Formats lines for people before they are written. */
function prettyStream(
  destination: ReturnType<typeof pino.destination>,
): DestinationStream & { flush: unknown } {
  const colored = process.stdout.isTTY;
  return {
    write: (line) => void destination.write(pretty(line, colored)),
    flush: (done: (error?: Error) => void) => destination.flush(done),
  };
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
