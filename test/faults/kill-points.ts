import { type Edit, patchedBuild } from './patched-build.js';

const WRITER = 'src/store/sqlite/writer.js';
const KILL = `if ((globalThis.passes = (globalThis.passes ?? 0) + 1) >= Number(process.env.KILL_AT_PASS ?? 1)) process.kill(process.pid, 'SIGKILL');`;
const BEGIN = `this.database.exec('BEGIN IMMEDIATE');`;
const COMMIT = `this.database.exec('COMMIT');`;
const ROW = `const inserted = this.insert.run(`;

/** Where a copy of the service kills itself, the KILL_AT_PASS-th time it comes there. */
export const KILL_POINTS = {
  'before-write': { file: WRITER, find: BEGIN, replace: `${KILL} ${BEGIN}` },
  'in-transaction': { file: WRITER, find: ROW, replace: `${KILL} ${ROW}` },
  'before-commit': { file: WRITER, find: COMMIT, replace: `${KILL} ${COMMIT}` },
  'after-commit': { file: WRITER, find: COMMIT, replace: `${COMMIT} ${KILL}` },
} satisfies Record<string, Edit>;

export type KillPoint = keyof typeof KILL_POINTS;

const builds = new Map<KillPoint, string>();

/** main.js of a service that kills itself there. */
export function killedAt(point: KillPoint): string {
  const main = builds.get(point) ?? patchedBuild([KILL_POINTS[point]]);
  builds.set(point, main);
  return main;
}

const CHECKPOINTS = 'src/store/sqlite/checkpoints.js';
const OFTEN: Edit[] = [
  { file: CHECKPOINTS, find: 'CHECKPOINT_PAGES = 4_000', replace: 'CHECKPOINT_PAGES = 500' },
  { file: CHECKPOINTS, find: 'REST_PAGES = 1_000', replace: 'REST_PAGES = 100' },
];
let often: string | undefined;

/** main.js of a service whose checkpoints come every few hundred commits, so that one can be met. */
export function checkpointsOften(): string {
  often ??= patchedBuild(OFTEN);
  return often;
}

/** It dies between the statements that create the store. */
export const IN_MIGRATION: Edit = {
  file: 'src/store/sqlite/migrations/1763800000000-create-store.js',
  find: 'await queryRunner.query(`CREATE INDEX',
  replace: `${KILL} await queryRunner.query(\`CREATE INDEX`,
};
