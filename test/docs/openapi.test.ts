import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Service } from '../harness/service.js';
import { type OpenApi, operationsOf } from './document.js';

const API_KEY = [{ apiKey: [] }, { apiKeyHeader: [] }];
const PROBLEM = 'application/problem+json';

const service = await Service.start();
const document = await service.get<OpenApi>('/openapi.json');
const operations = operationsOf(document);

/** Returns the API key requirement of each operation, and whether the document declares a scheme. */
function securityOf(described: OpenApi) {
  const security = operationsOf(described).map(({ path, operation }) => [path, operation.security]);
  return { ...Object.fromEntries(security), scheme: described.components.securitySchemes !== undefined };
}

function securityWith(requirement: object[]) {
  const open = ['/', '/health', '/health/live', '/health/ready'];
  return Object.fromEntries(operations.map(({ path }) => [path, open.includes(path) ? [] : requirement]));
}

describe('the OpenAPI document', () => {
  it('has version 3.1 and a short, unique operationId for each operation', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual([
      'getEvent',
      'getHealth',
      'getLiveness',
      'getMetrics',
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

  it('names its schemas in API terms, without class suffixes', () => {
    const names = Object.keys(document.components.schemas);
    expect(names).toEqual(
      expect.arrayContaining([
        'Event',
        'EventBatch',
        'CloudEvent',
        'StoredEvent',
        'Problem',
        'Health',
        'Stats',
      ]),
    );
    expect(names.filter((name) => /(Dto|Response|Answer|Question|Query)$/.test(name))).toEqual([]);
  });

  it('describes each tag', () => {
    const described = document.tags.filter(({ description }) => description).map(({ name }) => name);
    expect(described.sort()).toEqual(
      [...new Set(operations.flatMap(({ operation }) => operation.tags))].sort(),
    );
  });

  it.each(operations)('describes $method $path and each of its responses', ({ operation }) => {
    expect(operation.summary).not.toBe('');
    expect(operation.description).not.toBe('');
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['200', '400', 'default']));
    for (const response of Object.values(operation.responses)) expect(response.description).not.toBe('');
  });

  it.each(operations)('has examples for every error of $method $path', ({ path, operation }) => {
    const instance = path.replace('{topic}', 'orders').replace('{event_id}', 'order-2001');
    for (const [status, { content }] of Object.entries(operation.responses)) {
      if (status.startsWith('2')) continue;
      expect(Object.keys(content)).toEqual([PROBLEM]);
      const values = Object.values(content[PROBLEM]!.examples!).map(({ value }) => value);
      expect(values.length).toBeGreaterThan(0);
      for (const problem of values)
        expect(problem).toMatchObject({ status: status === 'default' ? 500 : Number(status), instance });
    }
  });

  it('requires no API key on a service without API keys', () => {
    expect(securityOf(document)).toEqual({ ...securityWith([]), scheme: false });
  });

  it('requires an API key on a service with API keys', async () => {
    const hash = createHash('sha256').update('key').digest('hex');
    const guarded = await Service.start({ API_KEYS: `docs:read:${hash}` });
    const described = await guarded.get<OpenApi>('/openapi.json');
    expect(securityOf(described)).toEqual({ ...securityWith(API_KEY), scheme: true });
  });

  it('leaves the API key optional when it is written to a file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'openapi-'));
    try {
      const file = join(directory, 'openapi.json');
      execFileSync(process.execPath, ['dist/src/cli/main.js', 'openapi', file]);
      const written = JSON.parse(readFileSync(file, 'utf8')) as OpenApi;
      expect(securityOf(written)).toEqual({ ...securityWith([{}, ...API_KEY]), scheme: true });
      expect(written.components.schemas).toEqual(document.components.schemas);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is served with Swagger UI', async () => {
    const page = await service.request('/docs');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('swagger-ui');
    expect((await service.request('/docs/swagger-ui-bundle.js')).status).toBe(200);
  });
});
