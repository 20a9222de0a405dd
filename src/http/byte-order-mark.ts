import { Buffer } from 'node:buffer';

export const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Removes a leading UTF-8 byte order mark, which a JSON parser may ignore (RFC 8259, section 8.1). */
export function withoutByteOrderMark(bytes: Buffer): Buffer {
  // Compares the first byte before the rest, because it differs in almost every text.
  const hasMark =
    bytes[0] === BYTE_ORDER_MARK[0] && bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return hasMark ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}
