import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateStore1763800000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "processed_events" (
        "seq" integer PRIMARY KEY NOT NULL,
        "topic" text NOT NULL,
        "event_id" text NOT NULL,
        "timestamp" text NOT NULL,
        "source" text NOT NULL,
        "payload" text NOT NULL,
        "processed_at" text NOT NULL
      )`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX "processed_events_dedup_key" ON "processed_events" ("topic", "event_id")`,
    );
    await queryRunner.query(`CREATE INDEX "processed_events_topic" ON "processed_events" ("topic")`);
    await queryRunner.query(`
      CREATE TABLE "topic_counters" (
        "topic" text PRIMARY KEY NOT NULL,
        "received" integer NOT NULL,
        "unique_processed" integer NOT NULL,
        "duplicate_dropped" integer NOT NULL,
        "conflicts" integer NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "topic_counters"`);
    await queryRunner.query(`DROP TABLE "processed_events"`);
  }
}
