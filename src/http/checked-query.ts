import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import type { FastifyInstance } from 'fastify';
import { invalid, Problem } from './problem.js';

/** Maximum number of query parameters. Bounds the validation time and the size of the error response. */
const MAX_PARAMETERS = 50;

const MALFORMED = new Problem(400, 'The query is not percent-encoded UTF-8. Write % as %25.');
const TOO_MANY = new Problem(
  400,
  `The query has more than ${MAX_PARAMETERS} parameters. Send only the parameters of this call.`,
);

/** Paging parameters that other APIs have. The error text for these parameters refers to `next_cursor`. */
const FOREIGN_PAGING = ['offset', 'page', 'cursor'];

/**
 * Rejects query strings with too many parameters or malformed percent-encoding with 400. Fastify's parser would leave
 * malformed values undecoded, and the query would match no event.
 */
export function rejectMalformedQueries(server: FastifyInstance): void {
  server.addHook('onRequest', ({ url }, _reply, done) => {
    const start = url.indexOf('?');
    done(start < 0 ? undefined : problemOf(url.slice(start)));
  });
}

function problemOf(query: string): Problem | undefined {
  if (query.split('&', MAX_PARAMETERS + 1).length > MAX_PARAMETERS) return TOO_MANY;
  return isDecodable(query) ? undefined : MALFORMED;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Creates a pipe that validates a query string against its DTO. The pipe throws a 422 that names each invalid or
 * unknown parameter.
 */
export function checkedQuery(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (problems) =>
      invalid(
        `The query is invalid: ${problems.map(({ property }) => property).join(', ')}.`,
        problems.map((problem) => ({ pointer: problem.property, detail: describe(problem) })),
      ),
  });
}

function describe({ constraints = {}, property, value }: ValidationError): string {
  if (constraints['whitelistValidation']) {
    return FOREIGN_PAGING.includes(property)
      ? 'is not a parameter of this call; for the next page, send next_cursor as after or before'
      : 'is not a parameter of this call';
  }
  if (Array.isArray(value)) return 'must not be given more than once';
  const [message = 'is invalid'] = Object.values(constraints);
  // class-validator's default messages begin with the property name, which the pointer already contains.
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
