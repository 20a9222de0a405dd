import { type Buffer, isUtf8 } from 'node:buffer';
import { Problem } from './problem.js';

/**
 * Parses a JSON text and may round its numbers, so it must not be used for events. Returns undefined for an empty text.
 * Throws a 400 if the bytes are not valid UTF-8 or not valid JSON.
 */
export function parseJson(bytes: Buffer): unknown {
  requireUtf8(bytes);
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw malformedJson((error as Error).message);
  }
}

/**
 * Throws a 400 if the bytes are not valid UTF-8. Decoding would replace invalid bytes and silently change keys and
 * payloads.
 */
export function requireUtf8(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new Problem(400, 'The body is not valid UTF-8. Encode it as UTF-8.');
}

/**
 * Creates a 400 for a body that is not valid JSON. `pointer` is the JSON pointer to the malformed part, if it is known.
 */
export function malformedJson(reason: string, pointer = ''): Problem {
  return new Problem(400, `The body is not valid JSON${pointer && ` at ${pointer}`}: ${reason}.`);
}
