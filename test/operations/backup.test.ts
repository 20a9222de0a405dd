import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { anEvent, events } from '../harness/an-event.js';
import { codeOf, withProgram } from '../harness/code-blocks.js';
import { aDirectory } from '../harness/database.js';
import { Service } from '../harness/service.js';
import { runShell } from '../harness/shell.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

const databaseIn = (folder: string) => join(folder, 'data/events.db');

/** Runs a code block of the document in this folder. Resolves with its output. */
const runRecipe = (name: string, folder: string) =>
  runShell(withProgram(codeOf('docs/operations.md', name)), folder);

describe('The recipes for backup, verification and restore', () => {
  it('copy the database of a running service to a place where it starts', async () => {
    const folder = aDirectory();
    mkdirSync(join(folder, 'data'));
    const service = await Service.start({}, databaseIn(folder));
    await service.publish(events(10));
    expect(await runRecipe('backup', folder)).toContain('is a verified backup: 10 events in 1 topics');
    await service.publish(anEvent());
    expect(await runRecipe('verify', folder)).toContain('is valid: 10 events in 1 topics, last seq 10');

    await expect(runRecipe('restore', folder)).rejects.toThrow('Stop the service and move the file away');
    await service.end('SIGTERM');
    await runShell('mkdir old && mv data/events.db* old/', folder);
    await runRecipe('restore', folder);
    const restored = await Service.start({}, databaseIn(folder));
    expect(await restored.stats()).toMatchObject({ received: 10, unique_processed: 10 });
    expect(await (await restored.publish(anEvent())).json()).toMatchObject({ outcome: 'stored', seq: 11 });
  });

  it('find a damaged backup, and do not restore it', async () => {
    const folder = aDirectory();
    mkdirSync(join(folder, 'data'));
    const service = await Service.start({}, databaseIn(folder));
    await service.publish(events(10));
    await runRecipe('backup', folder);
    await service.end('SIGTERM');
    await runShell('mkdir old && mv data/events.db* old/', folder);
    const [name] = readdirSync(join(folder, 'backup'));
    const copy = new Sqlite(join(folder, 'backup', name!));
    copy.exec('DELETE FROM processed_events WHERE seq = 5');
    copy.close();
    await expect(runRecipe('verify', folder)).rejects.toThrow('seq 5 is missing');
    await expect(runRecipe('restore', folder)).rejects.toThrow('is not a valid backup');
    expect(readdirSync(join(folder, 'data'))).toEqual([]);
  });
});
