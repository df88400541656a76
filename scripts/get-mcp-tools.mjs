// Gets what npm run test:services drives the MCP gateway with: the Inspector's command line, the conformance suite, a
// Node that is new enough for both, and the Python package in two versions. From the cache, else installed into it. Says
// on stderr what it installs; the last line of stdout is their paths as JSON.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { cached } from './lib/cached.mjs';
import { nodeBinary, npmPackage } from './lib/npm-package.mjs';

/** Of the npm registry. The conformance suite has 2026-07-28 in its pre-releases alone. */
const INSPECTOR = '2.12.0';
const CONFORMANCE = '0.2.0-alpha.12';
const NODE = '22.23.3';
/** Of PyPI: the last of 1.x, which loses its session when a refusal is an HTTP error, and one of 2.x. */
const PYTHON = { v1: '1.26.0', v2: '2.3.0' };

const run = promisify(execFile);
const LIMIT_MS = 600_000;

const [major, minor] = process.versions.node.split('.').map(Number);
const newEnough = major > 22 || (major === 22 && minor >= 19);

const pythonPackage = (version) =>
  cached(`python-${version}`, async (folder) => {
    await run('python3', ['-m', 'venv', '--copies', folder], { timeout: LIMIT_MS });
    // Its scripts know the folder that they were made in; its Python doesn't mind.
    const python = join(folder, 'bin', 'python');
    await run(python, ['-m', 'pip', 'install', '--quiet', `mcp==${version}`], { timeout: LIMIT_MS });
  });

const binOf = (folder, bin) => join(folder, 'node_modules', '.bin', bin);

try {
  const [inspector, conformance] = [
    await npmPackage('@modelcontextprotocol/inspector', INSPECTOR),
    await npmPackage('@modelcontextprotocol/conformance', CONFORMANCE),
  ];
  const tools = {
    node: newEnough ? process.execPath : await nodeBinary(NODE),
    inspector: binOf(inspector, 'mcp-inspector'),
    conformance: binOf(conformance, 'conformance'),
    python: {
      v1: join(await pythonPackage(PYTHON.v1), 'bin', 'python'),
      v2: join(await pythonPackage(PYTHON.v2), 'bin', 'python'),
    },
  };
  console.log(JSON.stringify(tools));
} catch (error) {
  console.error(`No MCP tools could be had: ${error.stderr || error.message}`);
  process.exitCode = 1;
}
