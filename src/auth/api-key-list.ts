import { ValidateBy, type ValidationArguments } from 'class-validator';
import { ApiKeys } from './api-keys.js';

/** Requires a list of API keys. The message names each invalid entry and never contains a hash. */
export function IsApiKeyList(): PropertyDecorator {
  return ValidateBy({
    name: 'apiKeyList',
    validator: {
      validate: (value) => findProblem(value as string) === undefined,
      defaultMessage: (validation?: ValidationArguments) => findProblem(validation!.value as string) ?? '',
    },
  });
}

function findProblem(list: string): string | undefined {
  if (list === '') return undefined;
  try {
    ApiKeys.parse(list);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
