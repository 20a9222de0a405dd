import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** What Nest itself tells while it starts: of interest only when something is wrong with the wiring. */
const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);
/** Where Nest tells why the start failed, with its stack; main.ts says it in one line. */
const START_FAILURE = 'ExceptionHandler';

/** Nest's log calls, written by pino as one JSON line each; the last text argument is the context. */
export class PinoLogger implements LoggerService {
  constructor(private readonly pino: Logger) {}

  verbose = this.at('trace');
  debug = this.at('debug');
  log = this.at('info');
  warn = this.at('warn');
  error = this.at('error');
  fatal = this.at('fatal');

  private at(level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal') {
    return (message: unknown, ...rest: unknown[]): void => {
      if (!this.pino.isLevelEnabled(level)) return;
      const context = rest.findLast((part) => typeof part === 'string');
      if (level === 'error' && context === START_FAILURE) return this.debug(message, ...rest);
      if (level === 'info' && context && FRAMEWORK.has(context)) return this.debug(message, ...rest);
      const details = rest.filter((part) => part !== context && part !== undefined);
      const fields = { context, ...(details.length > 0 && { details }) };
      if (message instanceof Error) this.pino[level]({ ...fields, err: message }, message.message);
      else if (typeof message === 'object') this.pino[level]({ ...fields, ...message });
      else this.pino[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
    };
  }
}
