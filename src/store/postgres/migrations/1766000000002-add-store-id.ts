import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Gives the store an id, for the stream of its queue. */
export class AddStoreId1766000000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "log_head" ADD COLUMN "store_id" uuid NOT NULL DEFAULT gen_random_uuid()`,
    );
    await queryRunner.query(`ALTER TABLE "log_head" ALTER COLUMN "store_id" DROP DEFAULT`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "log_head" DROP COLUMN "store_id"`);
  }
}
