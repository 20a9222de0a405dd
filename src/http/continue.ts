import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { takesBytes } from './media-types.js';

/** Maps each request with `Expect: 100-continue` to its response. */
const responses = new WeakMap<IncomingMessage, ServerResponse>();

/**
 * Handles requests with `Expect: 100-continue` without sending 100 Continue first. If the headers lead to a rejection,
 * the client gets the final response immediately and does not send the body (RFC 9110, section 10.1.1).
 */
export function delayContinue({ server }: FastifyInstance): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    responses.set(request, response);
    server.emit('request', request, response);
  });
}

/** Sends 100 Continue as soon as `body` has a reader, if the client is waiting for it. */
export function continueWhenRead({ raw, headers }: FastifyRequest, body: Readable): void {
  if (headers.expect === undefined) return;
  const response = responses.get(raw);
  if (!response) return;
  const onReader = (event: string | symbol) => {
    if (event !== 'data' && event !== 'readable') return;
    body.off('newListener', onReader);
    if (!response.headersSent) response.writeContinue();
  };
  body.on('newListener', onReader);
}

/**
 * Calls `check` for requests that wait for 100 Continue, and responds with the error if it rejects. Other publishers
 * have already sent part of the body, so the handler validates the body first.
 */
export function checkBeforeContinue(server: FastifyInstance, check: () => Promise<void>): void {
  server.addHook('preParsing', (request, _reply, body, done) => {
    if (request.headers.expect === undefined || request.is404 || !takesBytes(request)) done(null, body);
    else void runCheck(check, (error) => done(error, body));
  });
}

async function runCheck(check: () => Promise<void>, done: (error: Error | null) => void): Promise<void> {
  const error = await check().then(
    () => null,
    (reason: unknown) => reason as Error,
  );
  done(error);
}
