import { type Buffer, isUtf8 } from 'node:buffer';
import { Problem } from './problem.js';

/**
 * Parses a JSON text whose numbers are not stored, so they may be rounded. Returns undefined for an empty text. Throws
 * 400 for bytes that are not UTF-8 or not JSON.
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

/** Throws a 400 for bytes that are not UTF-8. Decoding would replace them and so change keys and payloads silently. */
export function requireUtf8(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new Problem(400, 'The body is not valid UTF-8. Encode it as UTF-8.');
}

/** Creates a 400 for a body that is not JSON, at a JSON pointer if only a part of it is known to be malformed. */
export function malformedJson(reason: string, pointer = ''): Problem {
  return new Problem(400, `The body is not valid JSON${pointer && ` at ${pointer}`}: ${reason}.`);
}
