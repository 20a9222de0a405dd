import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.js';
import { acceptJson } from './json-body.js';
import { rememberPaths } from './known-paths.js';
import { sendProblem } from './problem.filter.js';

/** A key of 255 characters, each four bytes of UTF-8 and percent-encoded. */
const MAX_PARAM_LENGTH = 255 * 4 * 3;
const REQUEST_TIMEOUT_MS = 60_000;

/** Fastify as this service uses it, with its own errors told as problems too. */
export function fastifyAdapter(config: Config): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    skipMiddie: true,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(error, request, reply),
  });
  const fastify = adapter.getInstance();
  rememberPaths(fastify);
  acceptJson(fastify, config);
  return adapter;
}
