import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Registry } from '@prometheus-io/client';
import type { FastifyInstance } from 'fastify';
import { Commits } from '../consumer/commits.js';
import { Health } from '../health/health.js';
import { NdjsonIngest } from '../ingest/ndjson.js';
import { EventQueue } from '../queue/event-queue.js';
import { Store } from '../store/store.js';
import { LiveStreams } from '../stream/live-streams.js';
import { registerCommits } from './commit-metrics.js';
import { registerProcess } from './process-metrics.js';
import { registerRequests } from './request-metrics.js';
import { registerState } from './state-metrics.js';

/** The metrics of the service. */
@Injectable()
export class Metrics implements OnModuleInit, OnModuleDestroy {
  private readonly registry = new Registry();
  private stops: readonly (() => void)[] = [];

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly store: Store,
    private readonly queue: EventQueue,
    private readonly commits: Commits,
    private readonly health: Health,
    private readonly streams: LiveStreams,
    private readonly lines: NdjsonIngest,
  ) {}

  onModuleInit(): void {
    const { registry, store, queue, commits, health, streams, lines } = this;
    const server = this.host.httpAdapter.getInstance<FastifyInstance>();
    registerState(registry, { store, queue, health, streams, lines });
    registerRequests(registry, server);
    this.stops = [
      registerCommits(registry, commits, store),
      registerProcess(registry, store.isShared ? 'postgres' : 'sqlite'),
    ];
  }

  onModuleDestroy(): void {
    for (const stop of this.stops) stop();
  }

  /** Returns all metrics in the text format of Prometheus, version 0.0.4. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
