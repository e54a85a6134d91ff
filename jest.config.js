/**
 * Three projects: `unit` (pure rules, architecture, files), and the behaviour suite twice, once per engine.
 * The behaviour suite talks to a real server over a socket; JOBWRIGHT_TEST_ENGINE tells it which database stands behind.
 */
const shared = {
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
};

/** What is about one engine alone. */
const ownOfTheOther = { sqlite: '/test/store/postgres/', postgres: '/test/cli/embedded/' };

const behaviour = engine => ({
  ...shared,
  displayName: engine,
  testMatch: ['<rootDir>/test/{services,server,store,cli,client}/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ownOfTheOther[engine]],
  globals: { JOBWRIGHT_TEST_ENGINE: engine },
});

export default {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/test/{base,domain,config,architecture}/**/*.test.ts'] },
    // What PostgreSQL alone can do, or fail at, is no subject of SQLite.
    { ...behaviour('sqlite'), testPathIgnorePatterns: ['<rootDir>/test/.*/postgres/'] },
    {
      ...behaviour('postgres'),
      globalSetup: '<rootDir>/test/setup/postgres-start.ts',
      globalTeardown: '<rootDir>/test/setup/postgres-stop.ts',
    },
  ],
  testTimeout: 180_000,
  // Modules of a test file that is done stay in memory: a worker that holds too much makes way for a new one.
  maxWorkers: '100%',
  workerIdleMemoryLimit: '1GB',
};
