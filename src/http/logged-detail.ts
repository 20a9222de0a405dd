import type { ProblemDto } from './problem.dto.js';

/** Maximum length of a logged name that the caller chose. An API key is longer. */
const MAX_NAME_CHARACTERS = 32;
const LONG_NAME = new RegExp(`[^/\\s]{${MAX_NAME_CHARACTERS + 1},}`, 'g');
/** Matches the names of members in a payload, up to the end of the text. */
const IN_PAYLOAD = /(\/(?:payload|data))\/.*/s;
/** Matches the input that JSON.parse quotes. */
const QUOTED_INPUT = /(is not valid JSON).*/s;

/** Returns the first detail of a problem for the log, which contains neither payloads nor API keys. */
export function loggedDetail({
  detail,
  errors: [first] = [],
}: Pick<ProblemDto, 'detail' | 'errors'>): string {
  return first
    ? `${withoutNames(first.pointer)} ${withoutPayload(first.detail)}`.trim()
    : withoutPayload(detail);
}

/** Removes what a text repeats of a payload. */
export function withoutPayload(text: string): string {
  return text.replace(QUOTED_INPUT, '$1').replace(IN_PAYLOAD, '$1/…');
}

/** Removes long names from a pointer, because a caller may send an API key as the name of a parameter. */
function withoutNames(pointer: string): string {
  return withoutPayload(pointer).replace(LONG_NAME, '…');
}
