import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const IMPORT = /^(?:import|export)\b[^;]*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm;

/** Rooms that import no other room, or only those listed. */
const CLOSED: Readonly<Record<string, readonly string[]>> = {
  json: [],
  validation: [],
  event: ['validation'],
  http: [],
};

interface Import {
  readonly file: string;
  readonly target: string;
}

const imports: Import[] = ['src', 'test', 'bench'].flatMap((folder) =>
  readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => importsOf(join(folder, file))),
);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(PROJECT, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, named, bare, dynamic]) => {
    const target = named ?? bare ?? dynamic!;
    return { file, target: target.startsWith('.') ? normalize(join(dirname(file), target)) : target };
  });
}

/** Returns the folder below src that contains a path. Returns undefined for files directly in src and outside. */
function roomOf(path: string): string | undefined {
  const parts = relative('src', path).split('/');
  return path.startsWith('src/') && parts.length > 1 ? parts[0] : undefined;
}

const betweenRooms = imports.flatMap(({ file, target }) => {
  const [from, to] = [roomOf(file), roomOf(target)];
  return from && to && from !== to ? [{ file, target, from, to }] : [];
});

const described = ({ file, target }: Import) => `${file} imports ${target}`;

describe('imports', () => {
  it('are read from every source file', () => {
    expect(imports.map(described)).toContain('src/main.ts imports src/app.js');
    expect(betweenRooms.length).toBeGreaterThan(50);
  });

  it.each(Object.entries(CLOSED))('of the room %s reach no other room except [%s]', (room, allowed) => {
    const others = betweenRooms.filter(({ from, to }) => from === room && !allowed.includes(to));
    expect(others.map(described)).toEqual([]);
  });

  it('never connect two rooms in both directions', () => {
    const arrows = new Set(betweenRooms.map(({ from, to }) => `${from} → ${to}`));
    const both = betweenRooms.filter(({ from, to }) => arrows.has(`${to} → ${from}`));
    expect(both.map(described)).toEqual([]);
  });

  it.each([
    ['better-sqlite3', 'sqlite'],
    ['pg', 'postgres'],
  ])('of %s occur only in store/%s, bench and tests', (driver, folder) => {
    const outside = imports.filter(
      ({ file, target }) =>
        target === driver && !file.startsWith(`src/store/${folder}/`) && !/^(bench|test)\//.test(file),
    );
    expect(outside.map(described)).toEqual([]);
  });

  it('of @nats-io occur only in queue/jetstream and tests', () => {
    const outside = imports.filter(
      ({ file, target }) => target.startsWith('@nats-io/') && !/^(src\/queue\/jetstream\/|test\/)/.test(file),
    );
    expect(outside.map(described)).toEqual([]);
  });

  it('of queue/jetstream occur only in its folder, the queue module and tests', () => {
    const outside = imports.filter(
      ({ file, target }) =>
        target.startsWith('src/queue/jetstream/') &&
        !/^(src\/queue\/(jetstream\/|queue\.module)|test\/)/.test(file),
    );
    expect(outside.map(described)).toEqual([]);
  });

  it.each(['sqlite', 'postgres'])(
    'of store/%s occur only in its folder, the store module, maintenance, bench and tests',
    (folder) => {
      const outside = imports.filter(
        ({ file, target }) =>
          target.startsWith(`src/store/${folder}/`) &&
          !file.startsWith(`src/store/${folder}/`) &&
          !/^(src\/store\/(store\.module|maintenance)|bench\/|test\/)/.test(file),
      );
      expect(outside.map(described)).toEqual([]);
    },
  );

  it('of cli do not occur in the service', () => {
    const toCli = imports.filter(
      ({ file, target }) => target.startsWith('src/cli/') && /^src\/(?!cli\/)/.test(file),
    );
    expect(toCli.map(described)).toEqual([]);
  });

  it('of main, app, app.module and server occur in no room except cli', () => {
    const upward = imports.filter(
      ({ file, target }) =>
        /^src\/(main|app|app\.module|server)\.js$/.test(target) && /^src\/(?!cli\/)[^/]+\//.test(file),
    );
    expect(upward.map(described)).toEqual([]);
  });

  it('of Config do not occur in auth, event, http, validation or a subfolder of a room', () => {
    const readers = imports.filter(({ target }) => target === 'src/config.js').map(({ file }) => file);
    const allowed =
      /^(src\/(main|app|app\.module|server|cli\/openapi)|src\/[a-z]+\/[a-z.-]+)\.ts$|^(test|bench)\//;
    expect(
      readers.filter((file) => !allowed.test(file) || /^src\/(http|auth|event|validation)\//.test(file)),
    ).toEqual([]);
  });
});
