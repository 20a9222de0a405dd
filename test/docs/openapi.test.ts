import openapiTS, { astToString } from 'openapi-typescript';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { Service } from '../harness/service.js';

interface Operation {
  operationId: string;
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
  requestBody?: { content: Record<string, { examples: Record<string, { value: unknown }> }> };
}
interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

const service = await Service.start();
const document = await service.get<OpenApi>('/openapi.json');
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the OpenAPI document', () => {
  it('is 3.1 and names each operation, shortly and once', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual([
      'getEvent',
      'getHealth',
      'getLiveness',
      'getReadiness',
      'getService',
      'getStats',
      'listEvents',
      'listTopics',
      'lookupEvents',
      'publish',
      'streamEvents',
    ]);
  });

  it.each(operations)('writes out every answer of $method $path', ({ operation }) => {
    const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
    expect(operation.responses).toHaveProperty('200');
    expect(operation.responses).toHaveProperty('default');
    for (const [status, { content }] of Object.entries(operation.responses)) {
      if (status.startsWith('2')) expect(Object.values(content!).every(({ schema }) => schema)).toBe(true);
      else expect(content).toEqual(problem);
    }
  });

  it('has examples for publish that succeed as they stand', async () => {
    const { operation } = operations.find(({ path }) => path === '/publish')!;
    const examples = Object.values(operation.requestBody!.content['application/json']!.examples);
    expect(examples).toHaveLength(3);
    for (const { value } of examples) expect((await service.publish(value)).status).toBe(200);
  });

  it('is served with Swagger UI', async () => {
    const page = await service.request('/docs');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('swagger-ui');
    expect((await service.request('/docs/swagger-ui-bundle.js')).status).toBe(200);
  });
});

describe('a client generated from the document', () => {
  it('compiles under strict and speaks to the service', async () => {
    const types = astToString(await openapiTS(JSON.stringify(document)));
    const { complaints, load } = compile(types, PROGRAM);
    expect(complaints).toEqual([]);
    const { speak } = await load<{ speak: (url: string) => Promise<unknown> }>();
    expect(await speak(service.url)).toEqual({
      outcome: 'stored',
      repeated: { received: 2, duplicates: 2 },
      payload: { a: [1, 2] },
      page: ['generated-client'],
      refused: { status: 422, pointers: ['/events/0/topic'] },
    });
  });

  it('does not compile where it is used wrongly', async () => {
    const types = astToString(await openapiTS(JSON.stringify(document)));
    expect(compile(types, MISUSE).complaints).toHaveLength(3);
  });
});

const PROGRAM = `
  import createClient from 'openapi-fetch';
  import type { components, paths } from './schema.js';

  const event: components['schemas']['Event'] = {
    topic: 'client', event_id: 'generated-client', timestamp: '2026-01-31T12:00:00Z', source: 'test', payload: { a: [1, 2] },
  };

  export async function speak(baseUrl: string) {
    const client = createClient<paths>({ baseUrl });
    const { data } = await client.POST('/publish', { body: event });
    if (!data || !('seq' in data)) throw new Error('one event, one seq');
    const outcome: 'stored' | 'duplicate' | 'conflict' = data.outcome;
    const many = await client.POST('/publish', { body: [event, event], params: { header: { Prefer: 'return=minimal' } } });
    if (!many.data || !('duplicates' in many.data)) throw new Error('many events, sums');
    const { received, duplicates } = many.data;
    const one = await client.GET('/events/{topic}/{event_id}', { params: { path: { topic: 'client', event_id: event.event_id } } });
    const payload: { [key: string]: unknown } | undefined = one.data?.payload;
    const page = await client.GET('/events', { params: { query: { topic: 'client', limit: 5, order: 'asc' } } });
    const next: number | null | undefined = page.data?.next_cursor;
    if (next !== null) throw new Error('that was all');
    const { error } = await client.POST('/publish', { body: { events: [{ ...event, topic: '' }] } });
    return {
      outcome,
      repeated: { received, duplicates },
      payload,
      page: page.data?.events.map(({ event_id }) => event_id),
      refused: { status: error?.status, pointers: error?.errors?.map(({ pointer }) => pointer) },
    };
  }
`;

/** Three mistakes: an event that lacks fields, an order there is not, a path there is not. */
const MISUSE = `
  import createClient from 'openapi-fetch';
  import type { paths } from './schema.js';
  const client = createClient<paths>({ baseUrl: 'http://localhost' });
  await client.POST('/publish', { body: { topic: 't' } });
  await client.GET('/events', { params: { query: { order: 'up' } } });
  await client.GET('/nothing');
`;

const directories: string[] = [];
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));

/** What the compiler says of a program that uses the generated types, and the program, to be run. */
function compile(types: string, program: string) {
  // Below the project, so that openapi-fetch is found.
  const directory = mkdtempSync(join(process.cwd(), 'dist', 'client-'));
  directories.push(directory);
  writeFileSync(join(directory, 'schema.ts'), types);
  writeFileSync(join(directory, 'program.ts'), program);
  const compiled = ts.createProgram([join(directory, 'program.ts')], {
    strict: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  });
  const complaints = ts
    .getPreEmitDiagnostics(compiled)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  compiled.emit();
  return {
    complaints,
    load: <T>() => import(pathToFileURL(join(directory, 'program.js')).href) as Promise<T>,
  };
}
