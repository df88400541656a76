import { dirname } from 'node:path';

import { Application } from 'typedoc';

/** What users import, and the file of each entry point. Each becomes one module of the reference. */
const ENTRIES = {
  'nestjs-opa': 'libs/opa/src/index.ts',
  'nestjs-opa/limit': 'libs/opa/src/limit/index.ts',
  'nestjs-opa/telemetry': 'libs/opa/src/telemetry/index.ts',
  'nestjs-opa/testing': 'libs/opa/src/testing/index.ts',
  'nestjs-opa-mcp': 'libs/mcp/src/index.ts',
  'opa-plan': 'libs/plan/src/index.ts',
  'nestjs-opa-gateway': 'src/index.ts',
};

/** Writes a page of HTML for every exported name. Throws when the source does not compile, or a `{@link}` is broken. */
export async function buildReference(root, folder) {
  const app = await Application.bootstrapWithPlugins({
    name: 'Exported names',
    entryPoints: Object.values(ENTRIES),
    basePath: root,
    tsconfig: 'tsconfig.json',
    readme: 'none',
    // A link to the source would need the address of a host.
    disableSources: true,
    hideGenerator: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    highlightLanguages: ['ts', 'json', 'sh'],
    ignoredHighlightLanguages: ['rego'],
    // Types that no index file exports have no page.
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    logLevel: 'Warn',
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('The source does not compile. "npm run typecheck" says why.');
  // TypeDoc names a module by the folder of its file.
  const names = new Map(Object.entries(ENTRIES).map(([name, file]) => [dirname(file), name]));
  for (const module of project.children ?? []) module.name = names.get(module.name) ?? module.name;
  app.validate(project);
  if (app.logger.warningCount > 0) throw new Error('Correct the comments that the warnings above name.');
  await app.generateDocs(project, folder);
}
