import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Creates the tables. COLLATE "C" orders and compares texts by their UTF-8 bytes. */
export class CreateStore1766000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "processed_events" (
        "seq" bigint PRIMARY KEY,
        "topic" text COLLATE "C" NOT NULL,
        "event_id" text COLLATE "C" NOT NULL,
        "timestamp" text COLLATE "C" NOT NULL,
        "source" text COLLATE "C" NOT NULL,
        "payload" text COLLATE "C" NOT NULL,
        "processed_at" text COLLATE "C" NOT NULL
      )`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "processed_events_dedup_key" ON "processed_events" ("topic", "event_id")`,
    );
    // Only queries with exactly these expressions use this index, and they can use no other one. Spelled plainly, the
    // planner confuses it with the other two as long as its statistics are those of an empty table: a lookup by key
    // then reads the whole topic, and a page of a rare topic the whole table.
    await queryRunner.query(
      `CREATE INDEX "processed_events_topic" ON "processed_events" ("topic" COLLATE "POSIX", ("seq" + 0))`,
    );
    // Each commit updates the rows of its topics and of log_head. Free space in their pages saves index entries (HOT).
    await queryRunner.query(`
      CREATE TABLE "topic_counters" (
        "topic" text COLLATE "C" PRIMARY KEY,
        "first_seq" bigint NOT NULL,
        "received" bigint NOT NULL,
        "unique_processed" bigint NOT NULL,
        "duplicate_dropped" bigint NOT NULL,
        "conflicts" bigint NOT NULL
      ) WITH (fillfactor = 50)`);
    await queryRunner.query(`
      CREATE TABLE "log_head" (
        "one" boolean PRIMARY KEY DEFAULT true CHECK ("one"),
        "last_seq" bigint NOT NULL,
        "last_processed_at" text COLLATE "C" NOT NULL,
        "received" bigint NOT NULL,
        "conflicts" bigint NOT NULL
      ) WITH (fillfactor = 10)`);
    await queryRunner.query(`INSERT INTO "log_head" VALUES (true, 0, '', 0, 0)`);
    await queryRunner.query(`
      CREATE TABLE "receipts" (
        "source" uuid,
        "number" bigint,
        "first_seq" bigint NOT NULL,
        "last_seq" bigint NOT NULL,
        "committed_at" timestamptz NOT NULL,
        PRIMARY KEY ("source", "number")
      )`);
    await queryRunner.query(`CREATE INDEX "receipts_committed_at" ON "receipts" USING brin ("committed_at")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "receipts", "log_head", "topic_counters", "processed_events"`);
  }
}
