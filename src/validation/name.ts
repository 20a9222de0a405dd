import { Matches } from 'class-validator';

/**
 * Matches a topic, an event_id or a source: 1 to 255 characters, not only blanks, without control characters and lone
 * surrogates. UTF-8 cannot encode a lone surrogate, so two keys that differ in one would become equal.
 */
export const NAME = /^(?=\s*\S)[^\p{Cc}\p{Cs}]{1,255}$/u;

export const NAME_RULE =
  'must be a string of 1 to 255 characters, not only blanks, without control characters';

/** A property that must match `NAME`. */
export const IsName = (): PropertyDecorator => Matches(NAME, { message: NAME_RULE });
