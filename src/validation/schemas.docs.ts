/**
 * JSON Schema of a topic, an event_id or a source. The pattern has the same meaning in every regular expression engine,
 * because it avoids lookahead, \p{…} and \s. The exception is Python, where `$` also matches before a final newline.
 * The service also rejects lone surrogates, and names that consist only of Unicode white space.
 */
export const NAME_SCHEMA = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  pattern: String.raw`^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$`,
} as const;

/** JSON Schema of a timestamp in a request. Omits `format: date-time`, which would require an offset. */
export const TIMESTAMP_SCHEMA = {
  type: 'string',
  pattern: String.raw`^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,32})?([Zz]|(\+|-)[0-9]{2}:[0-9]{2})?$`,
} as const;
