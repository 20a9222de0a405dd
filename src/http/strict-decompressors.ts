import zlib from 'node:zlib';

type Decompressor = zlib.Gunzip | zlib.Inflate | zlib.BrotliDecompress;
type Factories = Record<string, () => Decompressor>;

/**
 * Factories of decompressors that fail if data follows the end of the compressed stream, as in two concatenated
 * files. Node's decompressors ignore that data, and events would be lost. Concatenated gzip members are one stream
 * (RFC 1952, section 2.2).
 */
export const STRICT_DECOMPRESSORS: Factories = Object.fromEntries(
  ['createGunzip', 'createInflate', 'createBrotliDecompress', 'createZstdDecompress']
    // Older versions of Node do not have zstd.
    .filter((name) => name in zlib)
    .map((name) => [name, () => rejectTrailingData((zlib as unknown as Factories)[name]!())]),
);

function rejectTrailingData(stream: Decompressor): Decompressor {
  const push = stream.push.bind(stream);
  stream.push = (chunk, encoding) => {
    // At a regular end, every chunk has been consumed.
    if (chunk !== null || stream.writableLength === 0) return push(chunk, encoding);
    stream.destroy(new Error('Data follows the end of the compressed stream.'));
    return false;
  };
  return stream;
}
