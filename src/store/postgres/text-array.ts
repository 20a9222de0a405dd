import { Buffer } from 'node:buffer';

const TEXT_OID = 25;
const HEADER_BYTES = 20;
const NULL_LENGTH = -1;

/**
 * Encodes texts in the binary format of a PostgreSQL array. The driver would write them as one text with escapes, which
 * the server must parse.
 */
export function toTextArray(texts: readonly (string | null)[]): Buffer {
  const lengths = texts.map((text) => (text === null ? NULL_LENGTH : Buffer.byteLength(text)));
  const bytes = lengths.reduce((sum, length) => sum + 4 + Math.max(length, 0), HEADER_BYTES);
  const buffer = Buffer.allocUnsafe(bytes);
  const hasNulls = lengths.includes(NULL_LENGTH) ? 1 : 0;
  // Number of dimensions, whether there are nulls, type of the elements, number of elements, first subscript.
  let at = 0;
  for (const word of [1, hasNulls, TEXT_OID, texts.length, 1]) at = buffer.writeInt32BE(word, at);
  for (const [index, text] of texts.entries()) {
    at = buffer.writeInt32BE(lengths[index]!, at);
    if (text !== null) at += buffer.write(text, at);
  }
  return buffer;
}
