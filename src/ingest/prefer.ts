import type { FastifyReply } from 'fastify';

/** What a publisher asks for in its Prefer header (RFC 7240). */
export interface Preferences {
  /** Answer when the queue has taken the events, not when they are stored. */
  readonly respondAsync: boolean;
  /** Leave out the results of single events. */
  readonly minimal: boolean;
}

export const NO_PREFERENCES: Preferences = { respondAsync: false, minimal: false };

/** Preferences that are not known are ignored, as the standard asks. */
export function readPrefer(header: string | string[] | undefined): Preferences {
  if (typeof header !== 'string') return NO_PREFERENCES;
  const asked = header
    .split(',')
    .map((preference) => preference.split(';', 1)[0]!.replaceAll(/[\s"]/g, '').toLowerCase());
  return { respondAsync: asked.includes('respond-async'), minimal: asked.includes('return=minimal') };
}

/** Tells the publisher which preferences are followed; 202 where the answer will not wait for the store. */
export function applyPreferences({ respondAsync, minimal }: Preferences, reply: FastifyReply): void {
  if (respondAsync) reply.status(202).header('preference-applied', 'respond-async');
  else if (minimal) reply.header('preference-applied', 'return=minimal');
}
