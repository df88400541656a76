import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as graphql from 'graphql';

type GraphQL = typeof graphql;

// `graphql` is an optional peer: its 3.2 MB serve only policies that call `graphql.*`. A policy may be created
// synchronously, so `import()` is no way to load the package.
//
// A bundler that writes CommonJS may leave `import.meta.url` empty. The application's folder then has the package.
const require = createRequire(import.meta.url || join(process.cwd(), 'main.js'));

function load(): GraphQL | undefined {
  try {
    return require('graphql') as GraphQL;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

const installed = load();

/** Whether the package `graphql` is installed. Without the package, nothing else of this file has a value. */
export const isGraphqlInstalled = installed !== undefined;

export const { buildASTSchema, Kind, OperationTypeNode, validate } = installed ?? ({} as GraphQL);
