/**
 * JSON Schema of a topic, an event_id or a source. Every regular expression engine accepts the pattern and reads it
 * the same way: no lookahead, no \p{…}, no \s. Only Python's `$` also matches before a final newline.
 * Looser than the check of the service, which also rejects lone surrogates and names of Unicode blanks only.
 */
export const NAME_SCHEMA = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  pattern: String.raw`^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$`,
} as const;

/** JSON Schema of a timestamp in a request. No `format: date-time`, because the offset is optional. */
export const TIMESTAMP_SCHEMA = {
  type: 'string',
  pattern: String.raw`^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,32})?([Zz]|(\+|-)[0-9]{2}:[0-9]{2})?$`,
} as const;
