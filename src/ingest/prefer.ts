import type { FastifyReply } from 'fastify';

/** The preferences of a publisher, from its Prefer header (RFC 7240). */
export interface Preferences {
  /** Respond when the queue has accepted the events, before they are stored. */
  readonly respondAsync: boolean;
  /** Omit the results of the single events. */
  readonly minimal: boolean;
}

export const NO_PREFERENCES: Preferences = { respondAsync: false, minimal: false };

/** Reads a Prefer header. Unknown preferences are ignored, as RFC 7240 requires. */
export function readPrefer(header: string | string[] | undefined): Preferences {
  if (typeof header !== 'string') return NO_PREFERENCES;
  const names = header
    .split(',')
    .map((preference) => preference.split(';', 1)[0]!.replaceAll(/[\s"]/g, '').toLowerCase());
  return { respondAsync: names.includes('respond-async'), minimal: names.includes('return=minimal') };
}

/** Reports the applied preference in the response. Sets 202 if the response does not wait for the store. */
export function applyPreferences({ respondAsync, minimal }: Preferences, reply: FastifyReply): void {
  if (respondAsync) reply.status(202).header('preference-applied', 'respond-async');
  else if (minimal) reply.header('preference-applied', 'return=minimal');
}
