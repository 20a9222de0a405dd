import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadConfig } from './src/config.js';
import * as postgres from './src/store/postgres/connection.js';
import * as sqlite from './src/store/sqlite/connection.js';

const { DATABASE_URL } = loadConfig(process.env);

/** The DataSource of the TypeORM CLI. The stores of the service use the same options. */
export default new DataSource(
  DATABASE_URL.startsWith('postgres')
    ? postgres.dataSourceOptions(DATABASE_URL)
    : sqlite.dataSourceOptions(sqlite.databasePath(DATABASE_URL)),
);
