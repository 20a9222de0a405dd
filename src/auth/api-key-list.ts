import { ValidateBy, type ValidationArguments } from 'class-validator';
import { ApiKeys } from './api-keys.js';

/** A property that is a list of API keys. Its messages name the wrong entries and keep their hashes to themselves. */
export function ApiKeyList(): PropertyDecorator {
  return ValidateBy({
    name: 'apiKeyList',
    validator: {
      validate: (value) => faultsOf(value as string) === undefined,
      defaultMessage: (validation?: ValidationArguments) => faultsOf(validation!.value as string) ?? '',
    },
  });
}

function faultsOf(list: string): string | undefined {
  if (list === '') return undefined;
  try {
    ApiKeys.parse(list);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
