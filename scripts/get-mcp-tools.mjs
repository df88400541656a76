// Gets the programs with which npm run test:services tries the MCP gateway: clients, servers, the conformance suite, and a
// Node that is new enough for them. Takes them from the cache, or installs them there. Names on stderr what it installs.
// The last line of stdout is the paths as JSON.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { cached } from './lib/cached.mjs';
import { nodeBinary, npmPackage } from './lib/npm-package.mjs';

/** Of the npm registry. The conformance suite has 2026-07-28 in its pre-releases alone. */
const INSPECTOR = '2.12.0';
const CONFORMANCE = '0.2.0-alpha.12';
const REMOTE = '0.15.1';
const GITLAB = '2.1.64';
const NODE = '22.23.3';
/** Packages of PyPI. Version 1.26 of `mcp` loses its session after an HTTP error. */
const PYTHON = { v1: 'mcp==1.26.0', v2: 'mcp==2.3.0', fastmcp: 'fastmcp==4.2.3' };

const run = promisify(execFile);
const LIMIT_MS = 600_000;

const [major, minor] = process.versions.node.split('.').map(Number);
const newEnough = major > 22 || (major === 22 && minor >= 19);

async function pythonWith(requirement) {
  const folder = await cached(`python-${requirement.replace('==', '-')}`, async (work) => {
    await run('python3', ['-m', 'venv', '--copies', work], { timeout: LIMIT_MS });
    // The scripts of a virtual environment hold the path of its first folder. Its Python works from any folder.
    const python = join(work, 'bin', 'python');
    await run(python, ['-m', 'pip', 'install', '--quiet', requirement], { timeout: LIMIT_MS });
  });
  return join(folder, 'bin', 'python');
}

const binOf = (folder, bin) => join(folder, 'node_modules', '.bin', bin);

try {
  const inspector = await npmPackage('@modelcontextprotocol/inspector', INSPECTOR);
  const conformance = await npmPackage('@modelcontextprotocol/conformance', CONFORMANCE);
  const remote = await npmPackage('mcp-remote', REMOTE);
  const gitlab = await npmPackage('@zereight/mcp-gitlab', GITLAB);
  const tools = {
    node: newEnough ? process.execPath : await nodeBinary(NODE),
    inspector: binOf(inspector, 'mcp-inspector'),
    conformance: binOf(conformance, 'conformance'),
    remote: binOf(remote, 'mcp-remote'),
    gitlab: binOf(gitlab, 'mcp-gitlab'),
    python: {
      v1: await pythonWith(PYTHON.v1),
      v2: await pythonWith(PYTHON.v2),
      fastmcp: await pythonWith(PYTHON.fastmcp),
    },
  };
  console.log(JSON.stringify(tools));
} catch (error) {
  console.error(`The MCP tools could not be installed: ${error.stderr || error.message}`);
  process.exitCode = 1;
}
