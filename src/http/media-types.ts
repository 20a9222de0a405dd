import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Form in which the handler receives the body. With `bytes`, a JSON body is a `ReceivedBody`, and an NDJSON body is
     * a stream. By default, the handler receives the parsed JSON value.
     */
    body?: 'bytes';
  }
}

/** Media types of newline-delimited JSON (NDJSON). None is registered with IANA. */
export const NDJSON_TYPES = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
];

/** Matches a charset other than UTF-8 and its subset US-ASCII. JSON must be UTF-8 (RFC 8259, section 8.1). */
const FOREIGN_CHARSET = /;\s*charset=(?!"?(?:utf-?8|us-ascii)"?\s*(?:;|$))/i;

const MAX_QUOTED_CHARACTERS = 100;

/** Returns whether the handler receives the bytes of the body. Such a route also accepts CloudEvents and NDJSON. */
export function takesBytes({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.body === 'bytes';
}

/** Creates a 415 that names the media type of the request and the media types that its route accepts. */
export function unsupportedMediaType(request: FastifyRequest): Problem {
  const type = request.headers['content-type'];
  const accepted = takesBytes(request)
    ? `application/json, application/*+json (CloudEvents) or ${NDJSON_TYPES[0]} (also ${NDJSON_TYPES.slice(1).join(', ')})`
    : 'application/json';
  return new Problem(
    415,
    type === undefined
      ? `The request has no Content-Type. Send ${accepted}.`
      : `The media type ${quote(type)} is not supported here. Send ${accepted}.`,
  );
}

/** Returns a 415 if the Content-Type has a charset other than UTF-8, otherwise undefined. */
export function charsetProblem(type = ''): Problem | undefined {
  if (!FOREIGN_CHARSET.test(type)) return undefined;
  return new Problem(415, `The charset of ${quote(type)} is not supported. Send UTF-8.`);
}

/** Quotes and truncates a header value for an error text. */
function quote(header: string): string {
  return JSON.stringify(
    header.length > MAX_QUOTED_CHARACTERS ? `${header.slice(0, MAX_QUOTED_CHARACTERS)}…` : header,
  );
}
