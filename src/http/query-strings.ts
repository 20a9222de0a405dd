import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.js';

/** Refuses percent signs that stand for nothing: the parser would take them as they are, and find nothing of that name. */
export function refuseBrokenQueries(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ url }, _reply, done) => {
    const start = url.indexOf('?');
    done(start < 0 || isDecodable(url.slice(start)) ? undefined : BROKEN);
  });
}

const BROKEN = new Problem(400, 'The query is not percent-encoded UTF-8: write % as %25.');

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
