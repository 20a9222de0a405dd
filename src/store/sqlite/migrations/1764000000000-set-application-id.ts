import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The ASCII codes of "PSLA". Marks a file as a database of this service; `file(1)` and SQLite display it. */
export const APPLICATION_ID = 0x50_53_4c_41;

export class SetApplicationId1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`PRAGMA application_id = ${APPLICATION_ID}`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('PRAGMA application_id = 0');
  }
}
