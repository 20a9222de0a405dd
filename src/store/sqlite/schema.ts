import { CreateStore1763800000000 } from './migrations/1763800000000-create-store.js';
import { SetApplicationId1764000000000 } from './migrations/1764000000000-set-application-id.js';

/** All migrations, in their order. */
export const MIGRATIONS = [CreateStore1763800000000, SetApplicationId1764000000000];

/** The last migration, which names the state of the tables. */
export const SCHEMA = SetApplicationId1764000000000.name;
