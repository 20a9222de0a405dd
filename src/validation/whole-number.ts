import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

/** Parses a property from text, and requires a whole number from `min` to `max`, inclusive. */
export function WholeNumber(min: number, max: number): PropertyDecorator {
  const parse = ({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,16}$/.test(value.trim()) ? Number(value) : value;
  return applyDecorators(
    Transform(parse),
    ValidateBy({
      name: 'wholeNumber',
      validator: {
        validate: (value) =>
          Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
        defaultMessage: () =>
          max === Number.MAX_SAFE_INTEGER
            ? `must be a whole number from ${min}`
            : `must be a whole number from ${min} to ${max}`,
      },
    }),
  );
}
