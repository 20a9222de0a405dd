import { Matches } from 'class-validator';

/**
 * A topic, an event_id or a source: 1 to 255 characters, not only blanks, no control characters, no lone
 * surrogates (which UTF-8 cannot hold: two keys that differ in them would become one).
 */
export const NAME = /^(?=\s*\S)[^\p{Cc}\p{Cs}]{1,255}$/u;

export const NAME_RULE =
  'must be a string of 1 to 255 characters, not only blanks, without control characters';

/** The check as a class-validator decorator. */
export const IsName = (): PropertyDecorator => Matches(NAME, { message: NAME_RULE });
