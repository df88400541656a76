import type { Call } from '../calls.js';

const SCHEMAS = [
  'type Query { a: Int b(id: ID! = "1"): [String!]! o: O }\ntype O { a: Int o: O }',
  'schema { query: Q } interface I { id: ID! } type Q implements I { id: ID! u: U e: E }\nunion U = Q\nenum E { A B @deprecated }',
  '"""doc"""\ninput In { a: Int = 1 l: [In!] }\nscalar Date\ndirective @d(if: Boolean!) on FIELD\ntype Query { f(in: In): Date }',
  'type Query { a: Missing }',
  'type Query {',
];

const QUERIES = [
  '{ a }',
  'query Q($v: ID!) { b(id: $v) o { a ...F } }\nfragment F on O { o { a } }',
  '{ id u { ... on Q { e } } }',
  'query ($x: Boolean! = true) { f(in: {a: 2, l: [{a: 1}]}) @include(if: $x) other: f }',
  'mutation M { a }',
  '{ missing }',
  '{ a',
  '',
];

/** GraphQL texts. */
export const graphql: readonly Call[] = [
  ...SCHEMAS.flatMap((schema): Call[] => [
    ['graphql.schema_is_valid', schema],
    ['graphql.parse_schema', schema],
    ...QUERIES.flatMap((query) =>
      ['graphql.is_valid', 'graphql.parse', 'graphql.parse_and_verify'].map((name): Call => [
        name,
        query,
        schema,
      ]),
    ),
  ]),
  ...QUERIES.map((query): Call => ['graphql.parse_query', query]),
];
