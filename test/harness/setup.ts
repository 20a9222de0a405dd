/** Setup that Jest loads before each test file. */
import { releaseAll } from './release.js';

afterAll(releaseAll);
