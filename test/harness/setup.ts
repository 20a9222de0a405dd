/** Loaded by Jest before each test file. */
import { releaseAll } from './release.js';

afterAll(releaseAll);
