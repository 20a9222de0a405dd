import zlib from 'node:zlib';

type Decompressor = zlib.Gunzip | zlib.Inflate | zlib.BrotliDecompress;
type Factories = Record<string, (options?: zlib.ZlibOptions) => Decompressor>;

/**
 * Base-2 logarithm of zstd's maximum window in HTTP, which is 8 MiB (RFC 9659, section 3). Node's default is 128 MiB.
 */
const ZSTD_WINDOW_LOG_MAX = 23;
/**
 * Size of the output chunks. Larger than Node's default of 16 KiB, so that there are fewer chunks. The memory is
 * bounded, because few decoders with large windows exist at a time.
 */
const LARGE_CHUNK_BYTES = 64 * 1024;
const OPTIONS: Record<string, zlib.ZlibOptions> = {
  createBrotliDecompress: { chunkSize: LARGE_CHUNK_BYTES },
  createZstdDecompress: {
    chunkSize: LARGE_CHUNK_BYTES,
    params: { [(zlib.constants as Record<string, number>)['ZSTD_d_windowLogMax']!]: ZSTD_WINDOW_LOG_MAX },
  } as zlib.ZlibOptions,
};

/**
 * Factories of decompressors that fail if data follows the end of the compressed stream, as in two concatenated files.
 * Node's decompressors ignore such data, so events would be lost. Concatenated gzip members are accepted, because they
 * form one stream (RFC 1952, section 2.2).
 */
export const STRICT_DECOMPRESSORS: Factories = Object.fromEntries(
  ['createGunzip', 'createInflate', 'createBrotliDecompress', 'createZstdDecompress']
    // Older versions of Node do not support zstd.
    .filter((name) => name in zlib)
    .map((name) => [name, () => rejectTrailingData((zlib as unknown as Factories)[name]!(OPTIONS[name]))]),
);

function rejectTrailingData(stream: Decompressor): Decompressor {
  const push = stream.push.bind(stream);
  stream.push = (chunk, encoding) => {
    // `null` marks the end of the output. If the decompressor has not consumed all input by then, data follows the
    // stream.
    if (chunk !== null || stream.writableLength === 0) return push(chunk, encoding);
    stream.destroy(new Error('Data follows the end of the compressed stream.'));
    return false;
  };
  return stream;
}
