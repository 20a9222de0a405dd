import { Buffer } from 'node:buffer';

export const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Removes the byte order mark of UTF-8, which a parser may ignore (RFC 8259, section 8.1). */
export function withoutByteOrderMark(bytes: Buffer): Buffer {
  // The first byte decides for almost every text.
  const hasMark =
    bytes[0] === BYTE_ORDER_MARK[0] && bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return hasMark ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}
