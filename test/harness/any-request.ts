import fc from 'fast-check';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { anEvent } from './an-event.js';

/** A request as sent on the wire, without its Content-Length. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const oneOf = (words: string) => fc.constantFrom(...words.split(' '));
const mostly = (value: unknown, ...others: fc.Arbitrary<unknown>[]) =>
  fc.oneof({ weight: 4, arbitrary: value instanceof fc.Arbitrary ? value : fc.constant(value) }, ...others);

const anyText = fc.string({ unit: 'binary', maxLength: 300 });
const anyJson = fc.jsonValue({ maxDepth: 8 }) as fc.Arbitrary<unknown>;
const anyName = fc.oneof(
  anyText,
  fc.constantFrom('topic', '', '\ud800', '__proto__', 'constructor', 'x'.repeat(256)),
);

const nearlyAnEvent = fc.record(
  {
    topic: mostly('orders', anyName, anyJson),
    event_id: mostly(fc.uuid(), anyName, anyJson),
    timestamp: mostly('2026-01-31T12:00:00Z', anyText, anyJson),
    source: mostly('fuzz', anyName, anyJson),
    payload: mostly(fc.dictionary(anyText, anyJson), anyJson),
  },
  { requiredKeys: ['topic', 'event_id', 'timestamp', 'source'] },
);

/** Any JSON, often an event, a batch or something close to one. */
export const anyJsonBody: fc.Arbitrary<string> = fc
  .oneof(
    anyJson,
    nearlyAnEvent,
    fc.array(nearlyAnEvent, { maxLength: 20 }),
    fc.record({ events: fc.oneof(anyJson, fc.array(nearlyAnEvent, { maxLength: 5 })) }),
  )
  .map((value) => JSON.stringify(value));

const aChange = fc.tuple(
  fc.nat(),
  fc.nat(3),
  fc.oneof(fc.constantFrom(...'{}[]",:\\0e-\u0000\u2028'), anyText),
);

/** JSON with characters removed, inserted or replaced. */
export const anyBrokenJson: fc.Arbitrary<string> = fc
  .tuple(anyJsonBody, fc.array(aChange))
  .map(([json, changes]) =>
    changes.reduce((text, [place, length, insert]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + insert + text.slice(at + length);
    }, json),
  );

const compressors = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  identity: (body: Buffer) => body,
};

/** A body in a content encoding. Its header may name another encoding; the body may be corrupted or truncated. */
export const anyCompressed: fc.Arbitrary<{ encoding: string; body: Buffer }> = fc
  .record({
    json: anyJsonBody,
    encoding: oneOf('gzip deflate br identity'),
    declared: fc.option(oneOf('gzip x-gzip deflate br zstd identity gzip,gzip'), { freq: 4 }),
    changed: fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 2 }),
    cut: fc.option(fc.nat(), { freq: 4 }),
  })
  .map(({ json, encoding, declared, changed, cut }) => {
    const body = compressors[encoding as keyof typeof compressors](Buffer.from(json));
    if (changed) body[changed[0] % body.length] = changed[1];
    return {
      encoding: declared ?? encoding,
      body: cut === null ? body : body.subarray(0, cut % body.length),
    };
  });

/** Lines of JSON, some of them malformed. */
export const anyLines: fc.Arbitrary<string> = fc
  .array(fc.oneof(anyJsonBody, anyBrokenJson), { maxLength: 20 })
  .map((lines) => lines.join('\n'));

/** Headers of a CloudEvent in binary mode, with missing and invalid ones. */
export const anyCloudEventHeaders: fc.Arbitrary<RawRequest['headers']> = fc
  .record(
    {
      'ce-specversion': oneOf('1.0 1.0 1.0 0.3 x'),
      'ce-id': fc.uuid(),
      'ce-type': oneOf('orders %00 __proto__'),
      'ce-source': oneOf('/shop shop http://[ %zz'),
      'ce-time': oneOf('2026-01-31T12:00:00Z 2026-02-30T12:00:00Z x'),
      'ce-__proto__': oneOf('a'),
    },
    { requiredKeys: [] },
  )
  .map((headers) => Object.entries(headers));

export const anyBytes: fc.Arbitrary<Buffer> = fc
  .uint8Array({ maxLength: 2_000 })
  .map((bytes) => Buffer.from(bytes));

/** A valid event, as JSON. */
export const anyEvent: fc.Arbitrary<string> = fc
  .uuid()
  .map((event_id) => JSON.stringify(anEvent({ event_id })));

/** Any header except Content-Length and Transfer-Encoding. A wrong length makes the service wait for more body. */
const anyHeader = fc.tuple(
  fc
    .oneof(
      oneOf(
        'accept accept-encoding authorization connection content-encoding content-type cookie expect host',
      ),
      oneOf('if-modified-since if-none-match last-event-id prefer range te trailer upgrade via forwarded'),
      oneOf(
        'x-forwarded-for x-http-method-override __proto__ constructor ce-id ce-specversion ce-type ce-source',
      ),
      fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$/),
    )
    .filter((name) => !/^(content-length|transfer-encoding)$/i.test(name)),
  fc.oneof(
    oneOf(
      'application/json application/x-ndjson application/cloudevents+json multipart/form-data text/event-stream',
    ),
    oneOf(
      'gzip br deflate identity gzip,gzip keep-alive close websocket 100-continue trailers bytes=0- */* ,,, " ;',
    ),
    oneOf('respond-async return=minimal wait=-1 Bearer application/json;charset=latin1 1.0 0 -1'),
    fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,200}$/),
  ),
);
export const anyHeaders: fc.Arbitrary<RawRequest['headers']> = fc.array(anyHeader, { maxLength: 12 });

export const anyMethod = oneOf(
  'GET HEAD POST PUT PATCH DELETE OPTIONS TRACE PROPFIND M-SEARCH QUERY CONNECT',
);

const anyPiece = fc.oneof(
  oneOf('events publish stats health live docs stream topics orders . .. * :topic __proto__ constructor'),
  oneOf('%2e%2e %2f %00 % %zz %ff %ed%a0%80 %e2%80%ae index.html swagger-ui.css .env \\ ;a=b <script>'),
  fc.constantFrom('', "'OR'1'='1'--", 'x'.repeat(4_000)),
  anyText.map((text) => encodeURIComponent(Buffer.from(text).toString())),
  fc.stringMatching(/^[\x21-\x7e\x80-\xff]{0,50}$/),
);
export const anyPath: fc.Arbitrary<string> = fc
  .array(anyPiece, { maxLength: 5 })
  .map((pieces) => `/${pieces.join('/')}`);

const aParameter = fc.tuple(
  fc.oneof(
    oneOf(
      'topic source since until limit order after before url topic[] topic[a] __proto__ constructor hasOwnProperty',
    ),
    anyPiece,
  ),
  fc.oneof(oneOf('0 1 -1 1e3 9007199254740993 asc NaN 2026-01-31T12:00:00Z %00'), anyPiece),
);
/** A query string of any parameters, some of them repeated. */
export const anyQuery: fc.Arbitrary<string> = fc
  .array(aParameter, { maxLength: 8 })
  .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'));
