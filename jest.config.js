/** The tests run as compiled: what is tested is what ships, store threads included. */
export default {
  rootDir: 'dist',
  testMatch: ['<rootDir>/test/**/*.test.js'],
  testEnvironment: 'node',
  transform: {},
  testTimeout: 240_000,
};
