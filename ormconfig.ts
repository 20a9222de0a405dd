import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadConfig } from './src/config.js';
import { databasePath, dataSourceOptions } from './src/store/sqlite/connection.js';

/** The DataSource of the TypeORM CLI. The store threads of the service use the same options. */
export default new DataSource(dataSourceOptions(databasePath(loadConfig(process.env).DATABASE_URL)));
