import { anEvent } from '../harness/an-event.js';
import { createDatabase, dropDatabase, execute, HAS_POSTGRES } from '../harness/postgres.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { StreamClient } from '../stream/stream-client.js';
import type { PublishedBatch } from '../../src/ingest/publish.dto.js';

const withPostgres = HAS_POSTGRES ? describe : describe.skip;
if (!HAS_POSTGRES) console.warn('NOT TESTED: faults of replicas. No server responds at TEST_POSTGRES_URL.');

const REPLICAS = 3;
const BATCH = 5;

withPostgres('three replicas under load', () => {
  it('lose no acknowledged event and store none twice while replicas are killed or suspended and sessions ended', async () => {
    const url = await createDatabase();
    releaseAtEnd(() => dropDatabase(url));
    const start = () => Service.start({ DATABASE_URL: url });
    const replicas = await Promise.all(Array.from({ length: REPLICAS }, start));
    const stream = await StreamClient.open(replicas[0]!, '?after=0');
    let publishing = true;
    let unknown = 0;
    const acknowledged: NonNullable<PublishedBatch['results']>[number][] = [];

    // Publishers of all replicas send the same keys, so every key is a race.
    const publishers = Array.from({ length: 2 * REPLICAS }, async (_, index) => {
      for (let count = 0; publishing; count++) {
        const batch = Array.from({ length: BATCH }, (_event, at) =>
          anEvent({ event_id: `${count}-${at}`, source: `publisher-${index}`, payload: { count } }),
        );
        for (let done = false; !done && publishing;) {
          const response = await replicas[index % REPLICAS]!.publish(batch).catch(() => undefined);
          done = response?.status === 200;
          if (done) acknowledged.push(...((await response!.json()) as PublishedBatch).results!);
          else unknown += BATCH;
        }
      }
    });

    const progress = async () => {
      const before = acknowledged.length;
      await until(() => acknowledged.length > before + 20 * BATCH, 'publishers receive verdicts');
    };
    for (let cycle = 0; cycle < 3; cycle++) {
      await progress();
      // The first replica survives, because the subscriber uses it.
      const killed = 1 + (cycle % (REPLICAS - 1));
      await replicas[killed]!.end('SIGKILL');
      replicas[killed] = await start();
      replicas[killed].process.kill('SIGSTOP');
      await progress();
      replicas[killed].process.kill('SIGCONT');
      await execute(
        url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
    }
    await progress();
    publishing = false;
    await Promise.all(publishers);

    const stored = await replicas[1]!.everything();
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
    const seqs = new Map(stored.map(({ event_id, seq }) => [event_id, seq]));
    expect(seqs.size).toBe(stored.length);
    expect(acknowledged.filter(({ event_id, seq }) => seqs.get(event_id) !== seq)).toEqual([]);
    const winners = acknowledged.filter(({ outcome }) => outcome === 'stored').map(({ seq }) => seq);
    expect(new Set(winners).size).toBe(winners.length);
    const { uptime: _uptime, ...stats } = await replicas[0]!.stats();
    expect(stats).toMatchObject({ unique_processed: stored.length, conflicts: 0 });
    expect(stats.received).toBe(stats.unique_processed + stats.duplicate_dropped);
    expect(stats.received).toBeGreaterThanOrEqual(acknowledged.length);
    expect(stats.received).toBeLessThanOrEqual(acknowledged.length + unknown);
    for (const replica of replicas) expect(await replica.stats()).toMatchObject(stats);
    await until(() => stream.ids.length >= stored.length, 'the stream has every event');
    expect(stream.ids).toEqual(stored.map(({ seq }) => seq));
    stream.close();
    await Promise.all(replicas.map((replica) => replica.end('SIGTERM')));
  });
});
