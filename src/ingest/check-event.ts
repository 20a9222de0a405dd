import { Ajv2020 } from 'ajv/dist/2020.js';
import { validateSync } from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import type { ProblemError } from '../http/problem.js';
import { EventDto } from './event.dto.js';
import { isTimestamp } from './timestamp.js';

/**
 * The decorators of EventDto, compiled: asking class-validator for every event would halve the throughput.
 * It is asked only about what was refused, for its messages.
 */
const isEvent = new Ajv2020({ formats: { timestamp: isTimestamp } }).compile<EventDto>(eventSchema());

/** The decorators of EventDto as JSON Schema; its format `timestamp` is isTimestamp. */
export function eventSchema(): object {
  const schema = targetConstructorToSchema(EventDto, {
    additionalConverters: { timestamp: { type: 'string', format: 'timestamp' } },
  });
  const defaults = new EventDto();
  const required = schema.required?.filter((name) => defaults[name as keyof EventDto] === undefined);
  return { ...schema, required };
}

/** What is wrong with a value as an event, each with a JSON pointer below `pointer`; empty if nothing is. */
export function faultsOf(value: unknown, pointer: string): ProblemError[] {
  if (isEvent(value)) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ pointer, detail: 'must be an event: a JSON object' }];
  }
  return validateSync(withDefaults(value)).map(({ property, constraints }) => ({
    pointer: `${pointer}/${property}`,
    detail: Object.values(constraints ?? {})[0] ?? 'is invalid',
  }));
}

/** Only own properties, one by one: a key such as `__proto__` must stay what it is, a key. */
function withDefaults(value: object): EventDto {
  const event = new EventDto() as unknown as Record<string, unknown>;
  for (const name of ['topic', 'event_id', 'timestamp', 'source', 'payload']) {
    if (Object.hasOwn(value, name)) event[name] = (value as Record<string, unknown>)[name];
  }
  return event as unknown as EventDto;
}
