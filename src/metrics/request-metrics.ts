import type { Registry } from '@prometheus-io/client';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Route } from '../http/response-observer.js';
import { Distribution } from './distribution.js';
import { registerMetric } from './metric.js';

const ACK_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const PUBLISH = '/publish';
const OK = 200;

/** The form of a publish request. */
type Format = 'json' | 'ndjson' | 'cloudevents';

/** Registers what the HTTP server counts: responses, rejections, and the time until events are acknowledged. */
export function registerRequests(registry: Registry, server: FastifyInstance): void {
  /** Number of responses, by route and status. */
  const responses = new Map<Route, Map<number, number>>();
  const acks = new Map<Format, Distribution>();
  server.responses.observer = (route, request, reply) => {
    const status = reply.raw.statusCode;
    let counts = responses.get(route);
    if (!counts) responses.set(route, (counts = new Map<number, number>()));
    counts.set(status, (counts.get(status) ?? 0) + 1);
    if (route.path === PUBLISH && status === OK) observeAck(acks, request, reply);
  };

  registerMetric(
    registry,
    { name: 'aggregator_requests_total', help: 'Responses by route and status.', type: 'counter' },
    () =>
      [...responses].flatMap(([{ method, path }, counts]) =>
        [...counts].map(([code, value]) => ({ labels: { method, route: path, code }, value })),
      ),
  );
  registerMetric(
    registry,
    {
      name: 'aggregator_requests_rejected_total',
      help: 'Rejected requests by status and type of the problem. The status of NDJSON with rejected lines is 200.',
      type: 'counter',
    },
    () =>
      server.rejections.totals.map(({ status: code, type: reason, value }) => ({
        labels: { code, reason },
        value,
      })),
  );
  const name = 'aggregator_ack_duration_seconds';
  registerMetric(
    registry,
    { name, help: 'Time from the headers of a publish request to its 200.', type: 'histogram' },
    () => [...acks].flatMap(([format, times]) => times.samples(name, { format })),
  );
  registerMetric(
    registry,
    {
      name: 'aggregator_receiving_bytes',
      help: 'Bytes of JSON bodies that are being received or parsed.',
      type: 'gauge',
    },
    () => [{ value: server.receiveBudget.used }],
  );
  registerMetric(
    registry,
    {
      name: 'aggregator_sending_bytes',
      help: 'Bytes of responses that clients have not read.',
      type: 'gauge',
    },
    () => [{ value: server.sendBudget.used }],
  );
}

function observeAck(acks: Map<Format, Distribution>, request: FastifyRequest, reply: FastifyReply): void {
  const format = formatOf(request);
  let times = acks.get(format);
  if (!times) acks.set(format, (times = new Distribution(ACK_SECONDS)));
  times.observe(reply.elapsedTime / 1000);
}

function formatOf({ headers }: FastifyRequest): Format {
  const type = headers['content-type'] ?? '';
  if (type.includes('ndjson') || type.includes('jsonl')) return 'ndjson';
  return type.includes('cloudevents') || headers['ce-id'] !== undefined ? 'cloudevents' : 'json';
}
