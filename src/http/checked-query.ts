import { ValidationPipe } from '@nestjs/common';
import { invalid } from './problem.js';

/** Checks a query string against its DTO; throws a 422 that names each wrong parameter. */
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
