import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { invalid } from './problem.js';

/** Checks a query string against its DTO, which names every parameter there is; throws a 422 that names each wrong one. */
export function checkedQuery(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (faults) =>
      invalid(
        `The query is invalid: ${faults.map(({ property }) => property).join(', ')}.`,
        faults.map((fault) => ({ pointer: fault.property, detail: detailOf(fault) })),
      ),
  });
}

function detailOf({ constraints = {}, value }: ValidationError): string {
  if (constraints['whitelistValidation']) return 'is not a parameter of this call';
  if (Array.isArray(value)) return 'must not be given more than once';
  return Object.values(constraints)[0]!;
}
