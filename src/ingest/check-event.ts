import { Ajv2020 } from 'ajv/dist/2020.js';
import { validateSync } from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import type { FieldProblem } from '../http/problem.dto.js';
import { EventDto } from '../event/event.dto.js';
import { isTimestamp } from '../validation/timestamp.js';
import type { NewEvent } from '../event/event.js';

/**
 * The decorators of EventDto, compiled: asking class-validator for every event would halve the throughput.
 * It is asked only about what was refused, for its messages.
 */
const isEvent = new Ajv2020({ formats: { timestamp: isTimestamp } }).compile<SentEvent>(eventSchema());

const INVALID = 'is not a valid event';

/** Levels of a payload: what reads it again must not run out of stack. */
const MAX_NESTING = 100;

/** The decorators of EventDto as JSON Schema; its format `timestamp` is isTimestamp. */
export function eventSchema(): object {
  const schema = targetConstructorToSchema(EventDto, {
    additionalConverters: { timestamp: { type: 'string', format: 'timestamp' } },
  });
  const defaults = new EventDto();
  const required = schema.required?.filter((name) => defaults[name as keyof EventDto] === undefined);
  return { ...schema, required };
}

/**
 * The event with its payload as JSON text, or what is wrong with it, each with a JSON pointer below `pointer`.
 * Not `worded`, only that something is: words cost twenty times as much.
 */
export function checkEvent(value: unknown, pointer: string, worded = true): NewEvent | FieldProblem[] {
  if (!isEvent(value)) return worded ? faultsOf(value, pointer) : [{ pointer, detail: INVALID }];
  const { topic, event_id, timestamp, source, payload = {} } = value;
  const text = asText(payload);
  if (text === null) {
    return [
      { pointer: `${pointer}/payload`, detail: `must not be nested deeper than ${MAX_NESTING} levels` },
    ];
  }
  return { topic, event_id, timestamp, source, payload: text };
}

/** What passed the check, as it was sent: the payload may be missing. */
type SentEvent = Omit<EventDto, 'payload'> & Partial<Pick<EventDto, 'payload'>>;

function asText(payload: object): string | null {
  let text: string;
  try {
    text = JSON.stringify(payload);
  } catch {
    return null; // deeper than the stack
  }
  // A level takes two characters at least.
  return text.length > 2 * MAX_NESTING && isDeeperThan(payload, MAX_NESTING) ? null : text;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

/** What is wrong with the fields of what is no event. */
function faultsOf(value: unknown, pointer: string): FieldProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ pointer, detail: 'must be an event: a JSON object' }];
  }
  const faults = validateSync(withDefaults(value)).map(({ property, constraints }) => ({
    pointer: `${pointer}/${property}`,
    detail: Object.values(constraints ?? {})[0] ?? 'is invalid',
  }));
  // The two say the same; should they ever not, the compiled check decides.
  return faults.length > 0 ? faults : [{ pointer, detail: INVALID }];
}

/** Only own properties, one by one: a key such as `__proto__` must stay what it is, a key. */
function withDefaults(value: object): EventDto {
  const event = new EventDto() as unknown as Record<string, unknown>;
  for (const name of ['topic', 'event_id', 'timestamp', 'source', 'payload']) {
    if (Object.hasOwn(value, name)) event[name] = (value as Record<string, unknown>)[name];
  }
  return event as unknown as EventDto;
}
