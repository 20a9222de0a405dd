import { CreateStore1766000000000 } from './migrations/1766000000000-create-store.js';
import { CreateCommitEvents1766000000001 } from './migrations/1766000000001-create-commit-events.js';
import { AddStoreId1766000000002 } from './migrations/1766000000002-add-store-id.js';

/** All migrations, in their order. */
export const MIGRATIONS = [
  CreateStore1766000000000,
  CreateCommitEvents1766000000001,
  AddStoreId1766000000002,
];

/** The last migration, which names the state of the tables. */
export const SCHEMA = AddStoreId1766000000002.name;
