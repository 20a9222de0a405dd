import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PublishedBatch } from '../../src/ingest/publish.dto.js';
import { anEvent, events } from '../harness/an-event.js';
import { codeOf, PROJECT } from '../harness/code-blocks.js';
import { aDatabase } from '../harness/database.js';
import { Service } from '../harness/service.js';
import { runShell } from '../harness/shell.js';
import { until } from '../harness/until.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

const DOCUMENT = 'docs/operations.md';
const EVENTS_BEFORE = 20_000;
const PUBLISHERS = 4;
const BATCH = 100;
const HAS_SQLITE3 = !spawnSync('sqlite3', ['-version']).error;

/** Creates a folder as the recipes expect it: the live database in data/, backups in backup/. */
function aFolder(): string {
  const folder = dirname(aDatabase());
  mkdirSync(join(folder, 'data'));
  mkdirSync(join(folder, 'backup'));
  symlinkSync(join(PROJECT, 'dist'), join(folder, 'dist'));
  return folder;
}

/** Runs a code block of the document in this folder. Resolves with its output. */
const runRecipe = (name: string, folder: string) => runShell(codeOf(DOCUMENT, name), folder);

/** Publishes without a pause, each request twice like a retry, and records each acknowledged event with its seq. */
class Load {
  readonly acknowledged: string[] = [];
  private stopping = false;
  private readonly publishers: Promise<void>[];

  constructor(private readonly service: Service) {
    this.publishers = Array.from({ length: PUBLISHERS }, () => this.publishAll());
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.publishers);
  }

  private async publishAll(): Promise<void> {
    while (!this.stopping) {
      const batch = events(BATCH);
      for (let attempt = 1; attempt <= 2; attempt++) {
        const response = await this.service.publish(batch);
        const { results } = (await response.json()) as PublishedBatch;
        for (const { event_id, seq } of results!) this.acknowledged.push(`${seq} ${event_id}`);
      }
    }
  }
}

describe.each([
  { tool: 'sqlite3', recipe: 'backup with sqlite3', file: /^backup\/events-.*\.db$/, installed: HAS_SQLITE3 },
  { tool: 'node', recipe: 'backup with node', file: /^backup\/events-.*\.db$/, installed: true },
])('The backup recipe with $tool', ({ tool, recipe, file, installed }) => {
  if (!installed) console.warn(`NOT TESTED: the backup recipe with ${tool}, which is not installed.`);

  (installed ? it : it.skip)('copies every event acknowledged before it starts, under load', async () => {
    const folder = aFolder();
    const service = await Service.start({}, join(folder, 'data/events.db'));
    const load = new Load(service);
    await until(() => load.acknowledged.length >= EVENTS_BEFORE, 'enough events are acknowledged');
    const before = [...load.acknowledged];
    await runRecipe(recipe, folder);
    const after = load.acknowledged.length;
    await until(() => load.acknowledged.length > after, 'publishing continues after the backup');
    await load.stop();

    const copies = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      file.test(path),
    );
    expect(copies.length).toBe(1);
    const target = aFolder();
    copyFileSync(join(folder, copies[0]!), join(target, 'backup/events-1.db'));
    await runRecipe('restore', target);
    expectIntact(join(target, 'data/events.db'));

    const restored = await Service.start({}, join(target, 'data/events.db'));
    const found = await restored.everything();
    const keys = new Set(found.map(({ seq, event_id }) => `${seq} ${event_id}`));
    expect(before.filter((key) => !keys.has(key))).toEqual([]);
    expect(found.map(({ seq }) => seq)).toEqual(found.map((_, index) => index + 1));
    const stats = await restored.stats();
    expect(stats).toMatchObject({ unique_processed: found.length, conflicts: 0 });
    expect(stats.duplicate_dropped).toBeGreaterThan(0);
    expect(stats.received).toBe(stats.unique_processed + stats.duplicate_dropped);
    const again = await restored.publish(anEvent());
    expect(await again.json()).toMatchObject({ outcome: 'stored', seq: found.length + 1 });
  });
});

describe('The restore recipe', () => {
  it('leaves the database unchanged if there is no backup', async () => {
    const folder = aFolder();
    const service = await Service.start({}, join(folder, 'data/events.db'));
    await service.publish(events(10));
    await service.end('SIGTERM');
    await expect(runRecipe('restore', folder)).rejects.toThrow('backup/events-');
    expect(await (await service.restart()).everything()).toHaveLength(10);
  });
});

describe('The check of a backup', () => {
  const ifInstalled = HAS_SQLITE3 ? it : it.skip;

  ifInstalled('prints ok for an intact copy, and DAMAGED for a copy with wrong counters', async () => {
    const folder = aFolder();
    const service = await Service.start({}, join(folder, 'data/events.db'));
    await service.publish(events(10));
    await runRecipe('backup with sqlite3', folder);
    expect(await runRecipe('check', folder)).toBe('ok\nok\n');

    const [name] = readdirSync(join(folder, 'backup'));
    const copy = new Sqlite(join(folder, 'backup', name!));
    copy.exec('DELETE FROM processed_events WHERE seq = 5');
    copy.close();
    expect(await runRecipe('check', folder)).toBe('ok\nDAMAGED\n');
  });

  it('is tested in CI, where sqlite3 is installed', () => {
    expect(HAS_SQLITE3 || !process.env['CI']).toBe(true);
  });
});

function expectIntact(path: string): void {
  const database = new Sqlite(path, { readonly: true });
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  database.close();
}
