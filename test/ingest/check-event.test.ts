import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { anEvent } from '../harness/an-event.js';
import { checkEvent } from '../../src/ingest/check-event.js';
import { EventDto } from '../../src/event/event.dto.js';
import { isTimestamp } from '../../src/validation/timestamp.js';

const RUNS = 3_000;

const isChecked = (value: object) => !Array.isArray(checkEvent(value, ''));

/** Returns the decision of class-validator alone. */
const isValid = (value: object) =>
  validateSync(plainToInstance(EventDto, value), { whitelist: true, forbidNonWhitelisted: true }).length ===
  0;

const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', minLength: 250, maxLength: 260 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\u2028',
    '\u2028a',
    '\ud800',
    '\udfff\ud800',
    '\u00a0',
    '\ufe0f',
    '__proto__',
    '🧡',
  ),
);
const name = fc.oneof(
  { weight: 4, arbitrary: fc.string({ minLength: 1, maxLength: 20 }) },
  hostileText,
  fc.anything(),
);
const timestamp = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
      .map((date) => date.toISOString()),
  },
  fc
    .tuple(fc.nat(9999), fc.nat(14), fc.nat(33), fc.nat(25), fc.nat(61), fc.nat(61))
    .map(
      ([year, month, day, hour, minute, second]) =>
        `${String(year).padStart(4, '0')}-${[month, day].map(two).join('-')}T${[hour, minute, second].map(two).join(':')}`,
    ),
  hostileText,
  fc.anything(),
);
const payload = fc.oneof({ weight: 3, arbitrary: fc.object() }, fc.anything());
const maybeEvent = fc.record(
  {
    topic: name,
    event_id: name,
    timestamp,
    source: name,
    payload,
    [fc.sample(fc.string(), 1)[0]!]: fc.anything(),
  },
  { requiredKeys: [] },
);

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** Returns the value as it arrives in a body: only what JSON can represent. */
function asJson(value: unknown): object {
  return JSON.parse(JSON.stringify(value) ?? '{}') as object;
}

describe('the compiled check', () => {
  it('accepts the same events as class-validator', () => {
    fc.assert(
      fc.property(maybeEvent.map(asJson), (value) => isChecked(value) === isValid(value)),
      { numRuns: RUNS },
    );
  });

  it('accepts the same events as class-validator if only one field is unusual', () => {
    const fields = { topic: name, event_id: name, source: name, timestamp, payload };
    for (const [field, arbitrary] of Object.entries(fields)) {
      let [valid, invalid] = [0, 0];
      fc.assert(
        fc.property(arbitrary, (value) => {
          const event = asJson(anEvent({ [field]: value }));
          const yes = isChecked(event);
          if (yes) valid++;
          else invalid++;
          return yes === isValid(event);
        }),
        { numRuns: RUNS },
      );
      // The comparison needs both valid and invalid events.
      expect([field, valid > RUNS / 20, invalid > RUNS / 20]).toEqual([field, true, true]);
    }
  });

  it('reports at least one problem for a rejected value, at a field or the value itself', () => {
    fc.assert(
      fc.property(
        fc.anything().map((value) => JSON.parse(JSON.stringify(value) ?? 'null') as unknown),
        (value) => {
          const problems = checkEvent(value, '/7');
          return (
            Array.isArray(problems) &&
            problems.length > 0 &&
            problems.every(({ pointer, detail }) => pointer.startsWith('/7') && detail.length > 0)
          );
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('isTimestamp', () => {
  it('accepts exactly the days that exist in the calendar of Date', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 31 }),
        (year, month, day) => {
          const text = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T12:00:00.000Z`;
          const date = new Date(text);
          const exists = !Number.isNaN(date.getTime()) && date.toISOString() === text;
          return isTimestamp(text) === exists;
        },
      ),
      { numRuns: RUNS },
    );
  });
});
