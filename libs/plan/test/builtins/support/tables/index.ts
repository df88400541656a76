import type { Call } from '../calls.js';
import { certificateCalls } from './certificates.js';
import { arithmetic, collections } from './collections.js';
import { documents } from './documents.js';
import { graphql } from './graphql.js';
import { networks } from './networks.js';
import { patterns } from './patterns.js';
import { printing } from './printing.js';
import { schemas } from './schemas.js';
import { templates } from './templates.js';
import { texts } from './texts.js';
import { times } from './times.js';
import { tokens } from './tokens.js';
import { types } from './types.js';
import { yamlSyntax } from './yaml-syntax.js';
import { yaml } from './yaml.js';

/** Calls by what they are about. */
export const tables: Readonly<Record<string, readonly Call[]>> = {
  arithmetic,
  certificates: certificateCalls,
  collections,
  documents,
  graphql,
  networks,
  patterns,
  printing,
  schemas,
  templates,
  texts,
  times,
  tokens,
  types,
  yaml,
  yamlSyntax,
};
