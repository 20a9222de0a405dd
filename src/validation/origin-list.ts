import { ValidateBy, type ValidationArguments } from 'class-validator';

/** Splits a comma-separated list of origins. */
export function splitOrigins(list: string): string[] {
  return list === '' ? [] : list.split(',').map((origin) => origin.trim());
}

/** Requires a comma-separated list of origins as browsers send them, or `*`. The message names each invalid entry. */
export function IsOriginList(): PropertyDecorator {
  return ValidateBy({
    name: 'originList',
    validator: {
      validate: (value) => findProblems(value as string).length === 0,
      defaultMessage: (validation?: ValidationArguments) =>
        findProblems(validation!.value as string).join(', '),
    },
  });
}

function findProblems(list: string): string[] {
  const origins = splitOrigins(list);
  if (origins.length === 1 && origins[0] === '*') return [];
  return origins
    .map((origin, index) => ({ origin, entry: index + 1 }))
    .filter(({ origin }) => !isOrigin(origin))
    .map(
      ({ entry }) =>
        `entry ${entry} must be an origin such as https://app.example.com, without a path or a trailing slash; * must be the only entry`,
    );
}

/**
 * Returns whether a browser could send this text as an Origin header. Browsers send no upper case, default port, path
 * or trailing slash.
 */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
