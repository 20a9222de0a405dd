import type BetterSqlite3 from 'better-sqlite3';

const MIN_NODE_OF_RELEASE_13 = 22;

/**
 * The SQLite driver. This is release 13 of better-sqlite3, or release 12 on Node.js 20, where release 13 crashes.
 * Release 12 aborts the process on Node.js 24.19 and later when a statement is garbage-collected.
 */
export const Sqlite: typeof BetterSqlite3 = await loadDriver();

async function loadDriver(): Promise<typeof BetterSqlite3> {
  const [major] = process.versions.node.split('.');
  const name = Number(major) < MIN_NODE_OF_RELEASE_13 ? 'better-sqlite3-12' : 'better-sqlite3';
  const module = (await import(name)) as { default: typeof BetterSqlite3 };
  return module.default;
}
