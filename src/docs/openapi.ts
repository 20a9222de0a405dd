import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { VERSION } from '../home/version.js';

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
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Pub-Sub Log Aggregator',
    swaggerOptions: { displayRequestDuration: true, tryItOutEnabled: true },
  });
}
