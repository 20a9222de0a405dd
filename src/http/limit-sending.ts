import type { FastifyInstance } from 'fastify';
import { SendBudget } from './send-budget.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The budget for responses that clients have not read yet. */
    sendBudget: SendBudget;
  }
}

/** Bounds the bytes of all responses that clients have not read yet. */
export function limitSending(server: FastifyInstance, totalBytes: number): void {
  server.decorate('sendBudget', new SendBudget(totalBytes));
}
