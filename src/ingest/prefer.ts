import type { FastifyReply } from 'fastify';
import type { PublishResponse } from './responses.js';

/** The preferences of a publisher, from its Prefer header (RFC 7240). */
export interface Preferences {
  /** Whether to respond when the queue has accepted the events, before they are stored. */
  readonly respondAsync: boolean;
  /** Whether to omit the verdicts of individual events. */
  readonly minimal: boolean;
}

export const NO_PREFERENCES: Preferences = { respondAsync: false, minimal: false };

/** Parses a Prefer header. Ignores unknown preferences, as RFC 7240 requires. */
export function readPrefer(header: string | string[] | undefined): Preferences {
  if (typeof header !== 'string') return NO_PREFERENCES;
  const names = header
    .split(',')
    .map((preference) => preference.split(';', 1)[0]!.replaceAll(/[\s"]/g, '').toLowerCase());
  return { respondAsync: names.includes('respond-async'), minimal: names.includes('return=minimal') };
}

/** Sets the header Preference-Applied, and the status 202 if the events are not stored yet. */
export function applyPreferences(
  { minimal }: Preferences,
  response: PublishResponse,
  reply: FastifyReply,
): void {
  // A queue may return verdicts even if the publisher does not wait for them. The status is then 200.
  if ('outcome' in response && response.outcome === 'queued')
    reply.status(202).header('preference-applied', 'respond-async');
  else if (minimal) reply.header('preference-applied', 'return=minimal');
}
