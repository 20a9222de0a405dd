import { Ajv2020 } from 'ajv/dist/2020.js';
import { validateSync } from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import { EventDto } from '../event/event.dto.js';
import type { NewEvent } from '../event/event.js';
import type { FieldProblem } from '../http/problem.dto.js';
import { unknownMembers } from '../http/unknown-members.js';
import { isJsonObject } from '../validation/json-object.js';
import { isTimestamp } from '../validation/timestamp.js';

/** Checks one value of a request. Returns the event, or its problems with JSON pointers below `pointer`. */
export type CheckEvent = (value: unknown, pointer: string) => NewEvent | FieldProblem[];

/** The form in which a request body contains events. */
export interface EventFormat {
  /** `any`: one event, an array of events, or `{"events": […]}`. */
  readonly contains: 'any' | 'one' | 'array';
  readonly check: CheckEvent;
  /** Whether an empty body is valid, as for a CloudEvent without data. */
  readonly mayBeEmpty?: boolean;
}

type Member = keyof EventDto;

const REQUIRED = ['topic', 'event_id', 'timestamp', 'source'] as const satisfies Member[];
const MEMBERS: readonly string[] = [...REQUIRED, 'payload'] satisfies Member[];

/** Maximum nesting depth of a payload. Deeper nesting can overflow the stack of a recursive parser. */
export const MAX_NESTING = 100;
/** Maximum nesting depth of an event. */
export const MAX_EVENT_NESTING = MAX_NESTING + 1;
export const NESTING_PROBLEM = `must not be nested deeper than ${MAX_NESTING} levels`;

const INVALID = 'is not a valid event';
const UNKNOWN_MEMBER = `is not a member of an event; the members are ${MEMBERS.slice(0, -1).join(', ')} and ${MEMBERS.at(-1)}`;

/**
 * Checks an event against the decorators of EventDto, which are compiled to a function. Running class-validator on
 * every event would halve the throughput, so it runs only on rejected events to produce the messages.
 */
const isEvent = new Ajv2020({ formats: { timestamp: isTimestamp } }).compile<SentEvent>(eventSchema());

/** A valid event as it was sent. The payload may be missing. */
type SentEvent = Omit<EventDto, 'payload'> & Partial<Pick<EventDto, 'payload'>>;

/** Converts the decorators of EventDto to a JSON Schema. `isTimestamp` checks the format `timestamp` of this schema. */
export function eventSchema(): object {
  const schema = targetConstructorToSchema(EventDto, {
    additionalConverters: { timestamp: { type: 'string', format: 'timestamp' } },
  });
  return { ...schema, required: REQUIRED, additionalProperties: false };
}

/**
 * Checks an event whose nesting has already been checked. Returns the event with its payload as JSON text, or its
 * problems with JSON pointers below `pointer`. Without `explain`, reports only that the event is invalid, because
 * messages cost twenty times as much as the check.
 */
export function checkEvent(value: unknown, pointer: string, explain = true): NewEvent | FieldProblem[] {
  if (!isEvent(value)) return explain ? explainInvalid(value, pointer) : [{ pointer, detail: INVALID }];
  const { topic, event_id, timestamp, source, payload = {} } = value;
  return { topic, event_id, timestamp, source, payload: JSON.stringify(payload) };
}

/**
 * Creates the problem of an event whose nesting exceeds `MAX_EVENT_NESTING`. It refers to the payload, because no other
 * member may be nested.
 */
export function tooDeep(pointer: string): FieldProblem {
  return { pointer: `${pointer}/payload`, detail: NESTING_PROBLEM };
}

/** Returns the problems of a value that is not a valid event. */
function explainInvalid(value: unknown, pointer: string): FieldProblem[] {
  if (!isJsonObject(value)) {
    return [{ pointer, detail: 'must be an event: a JSON object' }];
  }
  const missing = REQUIRED.filter((name) => !Object.hasOwn(value, name));
  const problems = [
    ...missing.map((name) => ({ pointer: `${pointer}/${name}`, detail: 'is required' })),
    ...invalidMembers(value)
      .filter(({ property }) => !missing.some((name) => name === property))
      .map(({ property, constraints }) => ({
        pointer: `${pointer}/${property}`,
        detail: Object.values(constraints ?? {})[0] ?? 'is invalid',
      })),
    ...unknownMembers(value, MEMBERS, pointer, UNKNOWN_MEMBER),
  ];
  // Both checks accept the same events. If they ever differ, the compiled check decides.
  return problems.length > 0 ? problems : [{ pointer, detail: INVALID }];
}

/**
 * Validates the known members. Copies only these members, so that an own member `__proto__` does not set the prototype.
 */
function invalidMembers(value: Record<string, unknown>) {
  const event = new EventDto() as unknown as Record<string, unknown>;
  for (const name of MEMBERS) {
    if (Object.hasOwn(value, name)) event[name] = value[name];
  }
  return validateSync(event);
}
