import { Buffer } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { CommandError } from '../command.js';

const NEWLINE = 0x0a;
const CHUNK_BYTES = 64 * 1024;
/** Longer than the beginning of a line up to its seq. */
const HEAD_BYTES = 32;
const SEQ = /^\{"seq":(\d+),/;

/** Returns the seq of an exported line that begins at an offset; undefined if it is not one. */
export function seqOf(bytes: Buffer, at = 0): number | undefined {
  const seq = SEQ.exec(bytes.toString('latin1', at, at + HEAD_BYTES))?.[1];
  return seq === undefined ? undefined : Number(seq);
}

/** The destination of an export: whole lines, in order. */
export interface LineSink {
  /** The seq after which the export continues, if the destination has lines already. */
  readonly lastSeq: number | undefined;
  write(lines: Buffer): Promise<void>;
  /** Resolves when all lines are durable. */
  close(): Promise<void>;
}

/** Opens a new file, or with `resume` one that an export was writing. Removes an incomplete last line. */
export async function openExportFile(path: string, resume: boolean): Promise<LineSink> {
  const handle = await openFile(path, resume);
  try {
    const lastSeq = await trim(handle, path);
    return {
      lastSeq,
      write: (lines) => handle.appendFile(lines),
      async close() {
        await handle.sync();
        await handle.close();
      },
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openFile(path: string, resume: boolean): Promise<FileHandle> {
  try {
    return await open(path, resume ? 'a+' : 'ax+');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandError(
      code === 'EEXIST' ? `${path} exists. Continue it with --resume, or choose another file.` : message,
      { cause: error },
    );
  }
}

/** Truncates the file after its last complete line. Returns the seq of that line; undefined if there is none. */
async function trim(handle: FileHandle, path: string): Promise<number | undefined> {
  const { size } = await handle.stat();
  const end = (await lastNewline(handle, size)) + 1;
  if (end > 0) {
    const start = (await lastNewline(handle, end - 1)) + 1;
    const { buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, start);
    const seq = seqOf(buffer);
    if (seq === undefined) throw new CommandError(`${path} is not an export: its last line has no seq.`);
    await handle.truncate(end);
    return seq;
  }
  if (size > 0) await handle.truncate(0);
  return undefined;
}

/** Returns the offset of the last line break before an offset; -1 if there is none. */
async function lastNewline(handle: FileHandle, before: number): Promise<number> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (let end = before; end > 0;) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, end - start, start);
    const found = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (found >= 0) return start + found;
    end = start;
  }
  return -1;
}

/** Returns stdout. Writes reject if its reader has ended. */
export function standardOutput(): LineSink {
  const { stdout } = process;
  // The callback of the write has the same error. Without a listener, Node would end the process.
  stdout.on('error', () => {});
  return {
    lastSeq: undefined,
    write: (lines) =>
      new Promise((resolve, reject) => {
        stdout.write(lines, (error) => {
          if (error) reject(new CommandError(`stdout cannot be written: ${error.message}`, { cause: error }));
          else resolve();
        });
      }),
    close: () => Promise.resolve(),
  };
}
