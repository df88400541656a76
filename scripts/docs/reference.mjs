import { Application } from 'typedoc';

/** The entry points that users import. Each becomes one module of the reference. */
const ENTRIES = [
  'libs/opa/src/index.ts',
  'libs/opa/src/testing/index.ts',
  'libs/mcp/src/index.ts',
  'libs/plan/src/index.ts',
];

/** Writes a page of Markdown for every exported name. Throws when the source does not compile, or a `{@link}` is broken. */
export async function buildReference(root, folder) {
  const app = await Application.bootstrapWithPlugins({
    name: 'Reference',
    entryPoints: ENTRIES,
    basePath: root,
    tsconfig: 'tsconfig.json',
    plugin: ['typedoc-plugin-markdown'],
    readme: 'none',
    // A link to the source would need the address of a host.
    disableSources: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    // Names that the index files do not export are on no page.
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    logLevel: 'Warn',
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('The source does not compile: npm run typecheck says why.');
  app.validate(project);
  if (app.logger.warningCount > 0) throw new Error('Correct the {@link}s that are named above.');
  await app.generateDocs(project, folder);
}
