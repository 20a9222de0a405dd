import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type MaintenanceOptions, MaintenanceError } from '../maintenance.js';
import type { Task, TaskMessage, TaskResults } from './task-protocol.js';

/**
 * Runs a task in a process of its own, so that this one can show progress and end the task at once. Rejects with
 * `MaintenanceError` if the task fails, and with the reason of the signal.
 */
export async function runTask<T extends Task>(
  task: T,
  { signal, onProgress }: MaintenanceOptions,
): Promise<TaskResults[T['name']]> {
  signal.throwIfAborted();
  const child = fork(new URL('./task.process.js', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  let last: TaskMessage | undefined;
  child.on('message', (message: TaskMessage) => {
    if ('progress' in message) onProgress(...message.progress);
    else last = message;
  });
  child.send(task);
  const [code, killedBy] = (await exited) as [number | null, NodeJS.Signals | null];
  signal.removeEventListener('abort', kill);
  signal.throwIfAborted();
  if (last && 'result' in last) return last.result as TaskResults[T['name']];
  const reason = last && 'error' in last ? last.error : `its process ended with ${killedBy ?? code}`;
  throw new MaintenanceError(`${task.name === 'copy' ? task.source : task.path}: ${reason}`);
}
