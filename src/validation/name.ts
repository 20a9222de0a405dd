import { Matches } from 'class-validator';

/**
 * Matches a topic, an event_id or a source, which must have 1 to 255 characters and must not be blank. Control
 * characters and lone surrogates are not allowed. UTF-8 cannot encode lone surrogates, so keys that differ only in a
 * lone surrogate would become equal.
 */
export const NAME = /^(?=\s*\S)[^\p{Cc}\p{Cs}]{1,255}$/u;

export const NAME_RULE =
  'must be a string of 1 to 255 characters, not only blanks, without control characters';

/** Requires a string that matches `NAME`. */
export const IsName = (): PropertyDecorator => Matches(NAME, { message: NAME_RULE });
