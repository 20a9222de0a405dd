import { anEvent } from '../harness/an-event.js';
import { Service } from '../harness/service.js';

const service = await Service.start();

describe('a payload', () => {
  it.each<[string, string]>([
    ['nested values', '{"a":{"b":{"c":[1,[2,[3,{"d":null}]]]}},"empty":{},"list":[]}'],
    ['unicode', '{"text":"é ü 漢字 🧡 \u200f مرحبا","𝄞":"key"}'],
    ['escapes', String.raw`{"text":"\u0000 \b\f\n\r\t \" \\ \/ \u2028"}`],
    ['U+0000', String.raw`{"\u0000":"a\u0000b"}`],
    ['line separators', String.raw`{"a":"\u2028\u2029"}`],
    ['lone surrogates', String.raw`{"text":"\ud800 and \udc00"}`],
    ['names of lone surrogates', String.raw`{"a":"\ud800","\udfff":"\udc00\ud800"}`],
    ['numbers', '{"numbers":[0,-1,1.5,1e21,1e-7,9007199254740991,0.1]}'],
    ['a duplicate name', '{"a":1,"b":2,"a":3}'],
    [
      'names on Object.prototype',
      '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":null}',
    ],
    [
      'names on Object.prototype in a list',
      '{"__proto__":{"polluted":true},"a":[{"__proto__":null,"constructor":{"prototype":{}}}]}',
    ],
    ['names of methods', '{"toJSON":1,"toString":2,"hasOwnProperty":3,"valueOf":null,"then":4,"length":-1}'],
    ['text that looks like SQL', `{"text":"'); DROP TABLE processed_events; --"}`],
  ])(
    'with %s is returned as JSON.parse reads it, and is a duplicate when published again',
    async (name, text) => {
      const before = await service.stats();
      const key = JSON.stringify({ ...anEvent({ topic: 'round-trip', event_id: name }), payload: undefined });
      const body = `${key.slice(0, -1)},"payload":${text}}`;
      expect(await (await service.publishText(body)).json()).toMatchObject({ outcome: 'stored' });
      const path = `/events/round-trip/${encodeURIComponent(name)}`;
      const { payload } = await service.get<{ payload: unknown }>(path);
      // Compared as text, because toEqual cannot tell a name __proto__ from a prototype.
      expect(JSON.stringify(payload)).toBe(JSON.stringify(JSON.parse(text)));
      expect(await (await service.publishText(body)).json()).toMatchObject({ outcome: 'duplicate' });
      expect(await service.stats()).toMatchObject({
        received: before.received + 2,
        unique_processed: before.unique_processed + 1,
        duplicate_dropped: before.duplicate_dropped + 1,
      });
    },
  );
});
