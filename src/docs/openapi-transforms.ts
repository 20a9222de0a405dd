import type { OpenAPIObject } from '@nestjs/swagger';

/** Id of a request in the examples. */
const EXAMPLE_ID = 'dGhpc2lz-17';

type Paths = OpenAPIObject['paths'];
type Operation = NonNullable<Paths[string]['get']>;

/** Whether callers need an API key. */
export type ApiKeyUse = 'required' | 'optional' | 'none';

/**
 * Declares on each operation whether it requires an API key. Without API keys, the document has no security scheme,
 * so that neither Swagger UI nor a generated client asks for one.
 */
export function declareSecurity(document: OpenAPIObject, apiKeys: ApiKeyUse): void {
  for (const { operation } of listOperations(document)) {
    const required = apiKeys === 'none' ? [] : (operation.security ?? []);
    operation.security = apiKeys === 'optional' && required.length > 0 ? [{}, ...required] : required;
  }
  if (apiKeys === 'none') delete document.components!.securitySchemes;
}

/**
 * Adds `instance` and `request_id` to the examples of problems. `instance` is the path of the operation, with the
 * examples of its parameters.
 */
export function addProblemInstances(document: OpenAPIObject): void {
  for (const { path, operation } of listOperations(document)) {
    const instance = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameterExample(operation, name));
    for (const response of Object.values(operation.responses)) {
      if (!response || !('content' in response)) continue;
      const examples = response.content?.['application/problem+json']?.examples ?? {};
      for (const [name, example] of Object.entries(examples)) {
        if ('value' in example)
          examples[name] = { ...example, value: { ...example.value, instance, request_id: EXAMPLE_ID } };
      }
    }
  }
}

function* listOperations({ paths }: OpenAPIObject): Generator<{ path: string; operation: Operation }> {
  for (const [path, { get, post }] of Object.entries(paths)) {
    if (get) yield { path, operation: get };
    if (post) yield { path, operation: post };
  }
}

function parameterExample({ parameters = [] }: Operation, name: string): string {
  for (const parameter of parameters) {
    if (!('name' in parameter) || parameter.name !== name) continue;
    if (parameter.schema && 'example' in parameter.schema) return parameter.schema.example as string;
  }
  return name;
}
