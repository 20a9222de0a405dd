import { ValidateBy } from 'class-validator';

/** Matches an RFC 3339 date-time (section 5.6) whose offset is optional. */
const DATE_TIME =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.\d{1,32})?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))?$/;
const MINUTES_PER_DAY = 24 * 60;

/**
 * Returns whether the text is an RFC 3339 date-time on a day that exists. A leap second is valid only at 23:59:60 UTC.
 */
export function isTimestamp(text: string): boolean {
  const match = DATE_TIME.exec(text);
  if (!match) return false;
  const [, year, month, day, hour, minute, second, sign, offsetHours, offsetMinutes] = match;
  if (Number(day) > 28 && Number(day) > daysInMonth(Number(year), Number(month))) return false;
  if (second !== '60') return true;
  const offset = sign ? Number(`${sign}1`) * (Number(offsetHours) * 60 + Number(offsetMinutes)) : 0;
  const utc = Number(hour) * 60 + Number(minute) - offset;
  return (utc + MINUTES_PER_DAY) % MINUTES_PER_DAY === MINUTES_PER_DAY - 1;
}

/**
 * Converts a text that `isTimestamp` accepts to the time. Without an offset, it is in UTC. Replaces the second 60 with
 * 59.999, because `Date` has no leap seconds.
 */
export function parseTimestamp(text: string): Date {
  const utc = text.toUpperCase().replace(/^(?<minute>.{17})60(\.\d+)?/, '$<minute>59.999');
  return new Date(/(?:Z|[+-]\d\d:\d\d)$/.test(utc) ? utc : `${utc}Z`);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Requires a string that `isTimestamp` accepts. */
export const IsTimestamp = (): PropertyDecorator =>
  ValidateBy({
    name: 'timestamp',
    validator: {
      validate: (value) => typeof value === 'string' && isTimestamp(value),
      defaultMessage: () => 'must be an RFC 3339 date and time that exists, such as 2026-01-31T12:00:00Z',
    },
  });
