import type { FastifyRequest } from 'fastify';
import { withoutPayload } from '../http/logged-detail.js';
import { recordRejection } from '../http/record-rejection.js';
import type { PublishedLines } from './ndjson.dto.js';

/** Records the rejected lines of an upload, whose response is a 200 that log shippers do not read. */
export function recordRejectedLines(request: FastifyRequest, { rejected, errors }: PublishedLines): void {
  const [first] = errors;
  if (rejected === 0 || !first) return;
  const count = rejected === 1 ? '1 line' : `${rejected} lines`;
  const detail = `${count} rejected: line ${first.line}: ${withoutPayload(first.detail)}`;
  recordRejection(request, 200, 'rejected-lines', detail);
}
