import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds an id to the store, for the stream of its queue. The default gives another id to each database. */
export class AddStoreId1766000000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "log_head" ADD COLUMN "store_id" uuid NOT NULL DEFAULT gen_random_uuid()`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "log_head" DROP COLUMN "store_id"`);
  }
}
