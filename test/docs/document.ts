/** The parts of an OpenAPI document that the tests read. */
export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  security: object[];
  parameters?: { name: string; in: string; schema: { example?: string } }[];
  requestBody?: {
    content: Record<string, { examples?: Record<string, { value: unknown }>; example?: unknown }>;
  };
  responses: Record<string, Response>;
}

export interface Response {
  description: string;
  content: Record<string, { schema: object; examples?: Record<string, { value: Problem }> }>;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  request_id: string;
  errors?: object[];
}

export interface OpenApi {
  openapi: string;
  info: object;
  paths: Record<string, Record<string, Operation>>;
  tags: { name: string; description?: string }[];
  components: { schemas: Record<string, object>; securitySchemes?: object };
}

/** Lists the operations of a document, with their path and method. */
export function operationsOf({ paths }: OpenApi) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}
