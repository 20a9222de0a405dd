import { type ArgumentMetadata, type PipeTransform, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { invalid, type ProblemError } from './problem.js';

const MAX_ERRORS_TOLD = 100;

/** Checks a query string against its DTO, which names every parameter there is; throws a 422 that names each wrong one. */
export function checkedQuery(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (faults) =>
      invalid(
        `The query is invalid: ${faults.map(({ property }) => property).join(', ')}.`,
        faults.map(({ property, constraints }) => ({
          pointer: property,
          detail: constraints?.['whitelistValidation']
            ? 'is not a parameter of this call'
            : Object.values(constraints ?? {})[0]!,
        })),
      ),
  });
}

/**
 * Checks a JSON body against its DTO; throws a 422 with a JSON pointer to each wrong part. Arrays have a bound,
 * looked at first: the check itself makes objects for every element, good or bad.
 */
export function checkedBody(mostElements: Readonly<Record<string, number>>): PipeTransform {
  const pipe = new ValidationPipe({
    transform: true,
    stopAtFirstError: true,
    exceptionFactory: (faults) =>
      invalid(
        'The body is invalid.',
        faults.flatMap((fault) => toErrors(fault, '')).slice(0, MAX_ERRORS_TOLD),
      ),
  });
  return {
    transform(body: Record<string, unknown> | null | undefined, metadata: ArgumentMetadata) {
      for (const [name, most] of Object.entries(mostElements)) {
        const list = body?.[name];
        if (!Array.isArray(list) || list.length <= most) continue;
        throw invalid('The body is invalid.', [
          { pointer: `/${name}`, detail: `must not be more than ${most}` },
        ]);
      }
      return pipe.transform(body, metadata) as unknown;
    },
  };
}

function toErrors({ property, constraints, children }: ValidationError, parent: string): ProblemError[] {
  const pointer = `${parent}/${property}`;
  const own = Object.values(constraints ?? {})
    .slice(0, 1)
    .map((detail) => ({ pointer, detail }));
  return [...own, ...(children ?? []).flatMap((child) => toErrors(child, pointer))];
}
