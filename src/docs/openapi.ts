import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { BEARER_SCHEME, HEADER_SCHEME } from '../auth/access.js';
import { Config } from '../config.js';
import { DOCS_PATH, OPENAPI_PATH } from '../http/pages.js';
import { VERSION } from '../version.js';
import { type ApiKeyUse, declareSecurity, addProblemInstances } from './openapi-transforms.js';
import { ndjsonAsLines } from './swagger-ui-plugin.js';

const DESCRIPTION = `Stores each event once, however often it is published.

Publishers deliver at least once: they retry, crash and replay. The service decides by \`(topic, event_id)\` whether an event is new, stores new events permanently, and counts the rest. Stored events are available by query, by key and as a live stream, and their counters as statistics.

* **A 200 is durable.** \`POST /publish\` responds after the events were committed and fsynced.
* **Retry** after a network error, a timeout, or a 503 (after \`Retry-After\`), with the same \`event_id\`. Do not retry a 4xx.
* **Errors** are problem details (RFC 9457), with one schema for every operation.
* **Unknown members** of an event are rejected. Unknown query parameters are rejected by \`GET /stats\` and by every operation that has query parameters.`;

const API_KEY_DESCRIPTION = `An API key, if the service was started with \`API_KEYS\` or \`API_KEYS_FILE\`. The scope \`publish\` allows \`POST /publish\`. The scope \`read\` allows \`/events\`, \`/topics\` and \`/stats\`. The scope \`admin\` allows both. An API key may be limited to topics. All other paths require no API key.

Swagger UI discards the API key when the page is reloaded.`;

/**
 * Builds the OpenAPI document from the decorators of the controllers. `optional` describes a service that may run
 * with or without API keys.
 */
export function openApiDocument(app: NestFastifyApplication, apiKeys: ApiKeyUse): OpenAPIObject {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Pub-Sub Log Aggregator')
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This service')
    .addSecurity(BEARER_SCHEME, { type: 'http', scheme: 'bearer', description: API_KEY_DESCRIPTION })
    .addSecurity(HEADER_SCHEME, {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description: 'The same API key, for clients that cannot send the header Authorization.',
    })
    .addTag('publish', 'Send events.')
    .addTag('events', 'Read stored events by page, by key or as a stream.')
    .addTag('stats', 'Read counters, in total and by topic.')
    .addTag('health', 'Probes for orchestrators and monitoring.')
    .addTag('service', 'Name and version of the service.')
    .build();
  // Removes the empty contact that the builder sets.
  delete base.info.contact;
  const document = SwaggerModule.createDocument(app, base);
  declareSecurity(document, apiKeys);
  addProblemInstances(document);
  return document;
}

/** Serves Swagger UI at /docs and the document at /openapi.json. */
export function setupDocs(app: NestFastifyApplication): void {
  const apiKeys = app.get(Config).requiresApiKeys ? 'required' : 'none';
  SwaggerModule.setup(DOCS_PATH, app, () => openApiDocument(app, apiKeys), {
    jsonDocumentUrl: OPENAPI_PATH,
    raw: ['json'],
    customSiteTitle: 'Pub-Sub Log Aggregator',
    swaggerOptions: {
      displayRequestDuration: true,
      tryItOutEnabled: true,
      // Swagger UI's default validator is a public web service, which cannot reach this one.
      validatorUrl: null,
      plugins: [ndjsonAsLines],
    },
  });
}
