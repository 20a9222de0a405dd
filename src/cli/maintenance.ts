import { ConfigError, loadConfig } from '../config.js';
import { MaintenanceError, type MaintenanceOptions, type Verification } from '../store/maintenance.js';
import { CommandError, UsageError } from './command.js';
import { Progress } from './progress.js';

/** Returns the database of the environment, as the service reads it. Ignores all other variables. */
export function databaseUrl(): string {
  try {
    return loadConfig({ DATABASE_URL: process.env['DATABASE_URL'] }).DATABASE_URL;
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** Works on a database and shows the progress. Rejects with `CommandError`, which lists the findings. */
export async function withProgress(
  signal: AbortSignal,
  work: (options: MaintenanceOptions) => Promise<Verification>,
): Promise<Verification> {
  const progress = new Progress();
  try {
    return await work({ signal, onProgress: progress.report });
  } catch (error) {
    if (!(error instanceof MaintenanceError)) throw error;
    throw new CommandError([error.message, ...error.findings.map((finding) => `  ${finding}`)].join('\n'), {
      cause: error,
    });
  } finally {
    progress.stop();
  }
}

/** Describes what a database contains. */
export function contents({ events, lastSeq, topics }: Verification): string {
  return `${events} events in ${topics} topics, last seq ${lastSeq}`;
}
