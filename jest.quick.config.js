import config from './jest.config.js';

/** All tests but the slow ones: fault trials, random requests, large bodies, clients, documents, many starts. */
export default {
  ...config,
  testPathIgnorePatterns: [
    '/test/faults/(?!judge)',
    '/random-(bodies|lookups|requests)',
    '/test/http/(body-limits|body-memory|disconnect|security)',
    '/test/ingest/large-bodies',
    '/test/health/wal',
    '/test/ingest/hostile',
    '/test/query/scans',
    '/test/store/foreign',
    '/test/http/cross-origin',
    '/test/docs/',
    '/test/operations/',
    '/test/cli/simulate',
    '/test/query/paging',
    '/test/store/(sqlite|postgres)-',
    '/test/stream/',
    '/test/start',
  ],
};
