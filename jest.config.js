/** Tests run as compiled: what is tested is what ships, store threads included. */
export default {
  rootDir: 'dist',
  testMatch: ['<rootDir>/test/**/*.test.js'],
  setupFilesAfterEnv: ['<rootDir>/test/harness/setup.js'],
  testEnvironment: 'node',
  transform: {},
  // One more than Jest takes by default. Most tests wait for processes to start.
  maxWorkers: '100%',
  // A bound on hanging, not on speed: a busy machine may be ten times slower.
  testTimeout: 240_000,
};
