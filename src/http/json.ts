import { type Buffer, isUtf8 } from 'node:buffer';
import { Problem } from './problem.js';

/**
 * Parses a JSON text whose numbers are not stored, so they may be rounded. Returns undefined for an empty text. Throws
 * 400 for bytes that are not UTF-8 or not JSON.
 */
export function parseJson(bytes: Buffer): unknown {
  // Decoding would replace invalid bytes and so change keys silently.
  if (!isUtf8(bytes)) throw new Problem(400, 'The body is not valid UTF-8. Encode it as UTF-8.');
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new Problem(400, `The body is not valid JSON: ${(error as Error).message}.`);
  }
}
