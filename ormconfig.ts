import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadConfig } from './src/config.js';
import { databasePath, dataSourceOptions } from './src/store/sqlite/connection.js';

/** For the TypeORM command line. The service opens the same DataSource in its store threads. */
export default new DataSource(dataSourceOptions(databasePath(loadConfig(process.env).DATABASE_URL)));
