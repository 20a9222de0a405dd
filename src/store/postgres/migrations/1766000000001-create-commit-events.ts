import type { MigrationInterface, QueryRunner } from 'typeorm';

/*
 * Equality of payloads. Both texts are canonical, so equal values differ only in the order of members, and have equal
 * lengths. jsonb compares numbers as exact decimals and ignores the order of members. It rejects the escapes of U+0000
 * and of lone surrogates, so every backslash that begins such an escape, or is one itself, becomes a character of the
 * private use area. That character is doubled by a digit where it occurs in the text, so no two texts become equal.
 */
const SAME_JSON = `
  CREATE FUNCTION comparable(x text) RETURNS jsonb IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql RETURN
    replace(replace(replace(x, U&'\\E000', U&'\\E0000'), '\\\\', U&'\\E0002'), '\\u', U&'\\E0001')::jsonb;

  CREATE FUNCTION same_json(a text, b text) RETURNS boolean IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql RETURN
    a = b OR (octet_length(a) = octet_length(b) AND comparable(a) = comparable(b))`;

/*
 * The commit of a batch: one call, one transaction.
 *
 * Right under concurrency, because of one lock. Every commit first locks the row of log_head, and holds it until its
 * transaction has ended. At READ COMMITTED, each further statement has a snapshot of its own, which contains all
 * earlier commits. So:
 * - No other commit can store a key between the check of an INSERT and its effect. Should a writer ignore the lock, the
 *   unique index rejects its whole transaction.
 * - seq continues from log_head, so it is dense and in the order in which commits become visible. A reader that sees a
 *   seq sees every smaller one.
 * - There is no deadlock: nothing waits for another lock while it holds this one.
 * A caller cannot pause while it holds the lock, because the whole transaction is one call.
 *
 * A unit is what the caller may commit again, because it does not know the result: its receipt is in the same
 * transaction. Of two calls with the same unit, one commits and the other one finds the receipt.
 *
 * The events are in this order: the first ones of each key, unit by unit, then the repetitions of these keys. "firsts"
 * counts the former. A unit has the first ones from u_start (exclusive) to u_end. The result lists in "n" the events
 * that were not stored. All others were stored, with consecutive seqs up to last_seq.
 *
 * A key is looked up in a subquery that the planner cannot turn into a join, which might read the whole table. Later
 * versions get another name, so that replicas of the previous release can still call this one.
 */
const COMMIT_EVENTS = `
  CREATE TYPE committed AS (
    replayed int[], last_seq bigint, stored int, processed_at text, n int[], seq bigint[], conflict boolean[]
  );

  CREATE FUNCTION commit_events(
    u_source uuid[], u_number bigint[], u_start int[], u_end int[],
    firsts int, e_topic text[], e_id text[], e_timestamp text[], e_source text[], e_payload text[]
  ) RETURNS committed LANGUAGE plpgsql AS $$
  DECLARE
    head bigint;
    now text;
    dropped int[];
    r committed;
  BEGIN
    SELECT last_seq, greatest(
        last_processed_at, to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
      INTO STRICT head, now
      FROM log_head FOR UPDATE;
    r.last_seq := head;
    r.stored := 0;
    r.processed_at := now;

    -- Units that were committed before: changes nothing. The caller calls again without them.
    SELECT array_agg(u.i) INTO r.replayed
      FROM unnest(u_source, u_number) WITH ORDINALITY AS u (source, number, i)
      WHERE (SELECT true FROM receipts x WHERE x.source = u.source AND x.number = u.number);
    IF r.replayed IS NOT NULL THEN
      RETURN r;
    END IF;

    INSERT INTO processed_events (seq, topic, event_id, "timestamp", source, payload, processed_at)
      SELECT head + row_number() OVER (ORDER BY e.n), e.topic, e.event_id, e.at, e.source, e.payload, now
      FROM unnest(e_topic, e_id, e_timestamp, e_source, e_payload)
        WITH ORDINALITY AS e (topic, event_id, at, source, payload, n)
      WHERE e.n <= firsts
        AND (SELECT x.seq FROM processed_events x WHERE x.topic = e.topic AND x.event_id = e.event_id) IS NULL;
    GET DIAGNOSTICS r.stored = ROW_COUNT;
    r.last_seq := head + r.stored;

    IF r.stored < cardinality(e_topic) THEN
      SELECT array_agg(d.n), array_agg(d.seq), array_agg(d.conflict) INTO r.n, r.seq, r.conflict
        FROM (
          SELECT e.n, x.seq, NOT same_json(x.payload, e.payload) AS conflict
          FROM unnest(e_topic, e_id, e_payload) WITH ORDINALITY AS e (topic, event_id, payload, n),
            LATERAL (
              SELECT x.seq, x.payload FROM processed_events x
              WHERE x.topic = e.topic AND x.event_id = e.event_id LIMIT 1
            ) x
          WHERE x.seq <= head OR e.n > firsts
          ORDER BY e.n
        ) d;
    END IF;
    dropped := coalesce(r.n, '{}');

    -- width_bucket counts the dropped events up to a position. The seq of the event at n is head + n without them.
    INSERT INTO receipts (source, number, first_seq, last_seq, committed_at)
      SELECT u.source, u.number, head + 1 + u.first - width_bucket(u.first, dropped),
        head + u.last - width_bucket(u.last, dropped), now::timestamptz
      FROM unnest(u_source, u_number, u_start, u_end) AS u (source, number, first, last);

    INSERT INTO topic_counters AS c (topic, first_seq, received, unique_processed, duplicate_dropped, conflicts)
      SELECT e.topic, head + min(e.n) - width_bucket(min(e.n)::int, dropped),
        count(*), count(*) - count(d.n), count(d.n), count(*) FILTER (WHERE d.conflict)
      FROM unnest(e_topic) WITH ORDINALITY AS e (topic, n)
        LEFT JOIN unnest(r.n, r.conflict) AS d (n, conflict) ON d.n = e.n
      GROUP BY e.topic
    ON CONFLICT (topic) DO UPDATE SET
      received = c.received + excluded.received,
      unique_processed = c.unique_processed + excluded.unique_processed,
      duplicate_dropped = c.duplicate_dropped + excluded.duplicate_dropped,
      conflicts = c.conflicts + excluded.conflicts;

    UPDATE log_head SET
      last_seq = r.last_seq,
      last_processed_at = now,
      received = received + cardinality(e_topic),
      conflicts = conflicts + (SELECT count(*) FROM unnest(r.conflict) AS c WHERE c);
    RETURN r;
  END $$`;

export class CreateCommitEvents1766000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(SAME_JSON);
    await queryRunner.query(COMMIT_EVENTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP FUNCTION commit_events;
      DROP TYPE committed;
      DROP FUNCTION same_json;
      DROP FUNCTION comparable`);
  }
}
