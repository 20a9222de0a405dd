import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { BEARER_SCHEME } from '../auth/access.js';
import { VERSION } from '../version.js';
import { DOCS_PATH, OPENAPI_PATH } from '../http/pages.js';

/** The OpenAPI document, from the decorators of the controllers. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Pub-Sub Log Aggregator')
    .setDescription(
      'Publishers deliver at least once; this service makes the effect happen once. A 200 to `POST /publish` means stored on disk, once, for ever. Every error is a problem of RFC 9457.',
    )
    .setVersion(VERSION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addSecurity(BEARER_SCHEME, {
      type: 'http',
      scheme: 'bearer',
      description: 'Asked for only where the service was started with `API_KEYS`.',
    })
    .addTag('publish', 'Events in')
    .addTag('events', 'Events out')
    .addTag('stats', 'What was counted')
    .addTag('health', 'For probes')
    .addTag('service')
    .build();
  return SwaggerModule.createDocument(app, base);
}

/** Swagger UI at /docs, the document itself at /openapi.json. */
export function setupDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup(DOCS_PATH, app, () => openApiDocument(app), {
    jsonDocumentUrl: OPENAPI_PATH,
    raw: ['json'],
    customSiteTitle: 'Pub-Sub Log Aggregator',
    // No validator: it would be asked at a foreign server, about this one.
    swaggerOptions: { displayRequestDuration: true, tryItOutEnabled: true, validatorUrl: null },
  });
}
