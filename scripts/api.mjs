// npm run api: writes api/ENTRY.api.md of each package, a report of the public names of each entry.
// npm run api:check: fails when a report differs from the built declarations. A reviewer accepts a change of the
// public API with the change of its report.
//
// Both fail when a public signature names a type that no entry exports, or a function, class or decorator has no example.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

import { apiProblems } from './lib/public-api.mjs';
import { root } from './lib/run.mjs';

const isCheck = process.argv.includes('--check');
const PACKAGES = ['libs/opa', 'libs/mcp', 'libs/plan', '.'];

/** The types that the zod schemas of the options infer. TypeScript shows their members, and not these names. */
const INFERRED = ['mcpServerSchema'];

/** The name of a report, such as `nestjs-opa.testing`, and the declarations that it describes. */
function entriesOf(folder) {
  const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.entries(exports)
    .filter(([, entry]) => typeof entry === 'object')
    .map(([path, entry]) => [name + path.slice(1).replace('/', '.'), (entry.import ?? entry).types]);
}

function report(folder, name, types) {
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(folder, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, types),
      compiler: { tsconfigFilePath: join(folder, 'tsconfig.build.json') },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(folder, 'api'),
        reportTempFolder: join(folder, 'dist', 'api'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        // Release tags such as @public are not in use: what an index file exports is public.
        extractorMessageReporting: {
          // Warnings name lines of the built declarations. In a report they would change with every other edit.
          default: { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: false },
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
          'ae-unresolved-link': { logLevel: ExtractorLogLevel.Error },
        },
        // TypeScript's own tags, such as @throws, are free text here.
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
  const result = Extractor.invoke(config, {
    localBuild: !isCheck,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
  if (result.errorCount > 0) process.exitCode = 1;
  if (isCheck && result.apiReportChanged) {
    console.error(
      `The public API of ${name} differs from its report. To accept the change, run npm run api.`,
    );
    process.exitCode = 1;
  }
}

for (const path of PACKAGES) {
  const folder = join(root, path);
  const entries = entriesOf(folder);
  mkdirSync(join(folder, 'api'), { recursive: true });
  for (const [name, types] of entries) report(folder, name, types);
  rmSync(join(folder, 'dist', 'api'), { recursive: true, force: true });
  // No semantic versioning covers an entry `internal`.
  const files = entries
    .filter(([name]) => !name.endsWith('.internal'))
    .map(([, types]) => join(folder, types));
  const problems = apiProblems(files, join(folder, 'dist')).filter(
    (problem) => !INFERRED.some((type) => problem.includes(` names ${type},`)),
  );
  for (const problem of problems) console.error(`${entries[0][0]}: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
