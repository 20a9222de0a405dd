/**
 * The body of the thread that brings the log into the database file: some tens of milliseconds each time, more where
 * keys are random, which in the thread that writes would be every publisher's delay.
 */
import Sqlite from 'better-sqlite3';
import { parentPort, workerData } from 'node:worker_threads';
import { copyLog } from './checkpoints.js';

const LOOK_EVERY_MS = 50;
const AFTER_ERROR_MS = 1_000;

const database = new Sqlite(workerData as string);
database.pragma('synchronous = FULL');

let timer = setTimeout(look, LOOK_EVERY_MS);

function look(): void {
  let next = LOOK_EVERY_MS;
  try {
    copyLog(database);
  } catch {
    // A full disk, a lock: the writer meets it too, and tells.
    next = AFTER_ERROR_MS;
  }
  timer = setTimeout(look, next);
}

parentPort!.once('message', () => {
  clearTimeout(timer);
  database.close();
});
