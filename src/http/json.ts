import { type Buffer, isUtf8 } from 'node:buffer';
import { inexactNumbers } from './inexact-numbers.js';
import { invalid, Problem } from './problem.js';

/**
 * Parses a JSON text into a value that is exactly what was sent. Returns undefined for an empty text.
 * Throws 400 for bytes that are not UTF-8 or not JSON, and 422 for numbers that a double would round.
 */
export function parseJson(bytes: Buffer): unknown {
  // Decoding would replace invalid bytes and so change keys and payloads silently.
  if (!isUtf8(bytes)) throw new Problem(400, 'The body is not valid UTF-8. Encode it as UTF-8.');
  if (bytes.length === 0) return undefined;
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem(400, `The body is not valid JSON: ${(error as Error).message}.`);
  }
  const inexact = inexactNumbers(text);
  if (inexact.length > 0) throw invalid('Some numbers have more digits than can be stored.', inexact);
  return value;
}
