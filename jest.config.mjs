/** One Jest for everything: ESM, SWC with decorator metadata, the library resolved to its source. */
export default {
  testEnvironment: '<rootDir>/scripts/lib/jest/environment.mjs',
  reporters: ['<rootDir>/scripts/lib/jest/reporter.mjs'],
  roots: [
    '<rootDir>/libs/opa/test',
    '<rootDir>/libs/mcp/test',
    '<rootDir>/libs/plan/test',
    '<rootDir>/test',
    '<rootDir>/examples',
  ],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/fixtures/'],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^opa-plan$': '<rootDir>/libs/plan/src/index.ts',
    '^nestjs-opa$': '<rootDir>/libs/opa/src/index.ts',
    '^nestjs-opa-mcp$': '<rootDir>/libs/mcp/src/index.ts',
    '^nestjs-opa-mcp/internal$': '<rootDir>/libs/mcp/src/internal.ts',
    '^nestjs-opa-gateway$': '<rootDir>/src/index.ts',
    '^nestjs-opa/internal$': '<rootDir>/libs/opa/src/internal.ts',
    '^nestjs-opa/limit$': '<rootDir>/libs/opa/src/limit/index.ts',
    '^nestjs-opa/telemetry$': '<rootDir>/libs/opa/src/telemetry/index.ts',
    '^nestjs-opa/testing$': '<rootDir>/libs/opa/src/testing/index.ts',
  },
  // Jest looks up a global variable in its sandbox 60 times slower than Node. These two are looked up most often.
  sandboxInjectedGlobals: ['Object', 'Reflect'],
  // A worker keeps memory of every file that it ran: 2.8 GB at the end. Jest starts a new worker above the limit.
  workerIdleMemoryLimit: '1GB',
  // For tests and hooks. Wide, because a busy machine starts a process in ten times its usual time.
  testTimeout: 120_000,
};
