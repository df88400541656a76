// The layer table of ARCHITECTURE.md as rules: a layer imports only from those above it, never from a sibling.
const layers = [
  ['contracts'],
  ['redis', 'transport'],
  ['client'],
  ['engines'],
  ['resilience'],
  ['observability'],
  ['decision'],
  ['input'],
  ['contexts'],
  ['decorators'],
  ['enforcement'],
  ['guard', 'interceptor'],
  ['module'],
  ['limit', 'telemetry', 'testing'],
];
/** The layers of nestjs-opa-mcp. */
const mcpLayers = [
  ['options', 'protocol'],
  ['policy'],
  ['contextforge', 'session', 'upstream'],
  ['http'],
  ['module'],
];
/** The layers of opa-plan. Its other files stand above them. */
const planLayers = [['values'], ['builtins'], ['runtime', 'plan', 'bundle'], ['compiler']];

const rulesOf = (root, prefix, layers) =>
  layers.flatMap((siblings, depth) =>
    siblings.map((layer) => {
      const above = layers.slice(0, depth).flat();
      return {
        name: `${prefix}-${layer}`,
        severity: 'error',
        comment: `${layer}/ imports only from: ${above.join(', ') || 'nothing'}`,
        from: { path: `${root}${layer}/` },
        to: { path: `${root}(?!error\\.ts$|${[...above, layer].join('/|')}/)` },
      };
    }),
  );
const rules = [
  ...rulesOf('^libs/opa/src/', 'layer', layers),
  ...rulesOf('^libs/mcp/src/', 'mcp-layer', mcpLayers),
  ...rulesOf('^libs/plan/src/', 'plan-layer', planLayers),
];

module.exports = {
  forbidden: [
    ...rules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-deep-nest-imports',
      severity: 'error',
      comment: 'directories of @nestjs/* are private, and gone in Nest 12',
      from: { path: '^(libs/(opa|mcp)/)?src/' },
      to: { path: 'node_modules/@nestjs/[^/]+/.*/', pathNot: 'node_modules/@nestjs/[^/]+/(dist/)?index\\.' },
    },
    {
      name: 'packages-by-name',
      severity: 'error',
      comment: 'the gateway and nestjs-opa-mcp use the packages as their users do: by name',
      from: { path: '^(libs/mcp/)?src/' },
      to: { path: '^libs/(opa|plan)/src/(?!(index|internal|(limit|telemetry|testing)/index)\\.ts$)' },
    },
    {
      name: 'mcp-by-name',
      severity: 'error',
      comment: 'the gateway uses nestjs-opa-mcp by name',
      from: { path: '^src/' },
      to: { path: '^libs/mcp/src/(?!(index|internal)\\.ts$)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
