/** Where the events are when nothing else is said. */
export const DEFAULT_DATABASE_URL = 'sqlite:data/events.db';

/** The path of the database file in a `sqlite:` URL. */
export function pathOf(databaseUrl: string): string {
  return databaseUrl.replace(/^sqlite:/, '');
}
