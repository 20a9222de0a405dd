import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { WholeNumber } from './whole-number.js';

const MAX_LIMIT = 1_000;
export const DEFAULT_LIMIT = 100;

/** Validates and documents an optional parameter: the maximum number of items on a page. */
export function PageLimit(description: string): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    WholeNumber(1, MAX_LIMIT),
    ApiPropertyOptional({
      type: 'integer',
      minimum: 1,
      maximum: MAX_LIMIT,
      default: DEFAULT_LIMIT,
      description,
    }),
  );
}

/** Validates and documents an optional parameter: the seq at which a page or a stream begins. */
export function SeqCursor(description: string): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    WholeNumber(0, Number.MAX_SAFE_INTEGER),
    ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description }),
  );
}
