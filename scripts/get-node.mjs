// node scripts/get-node.mjs VERSION: gets a version of Node, such as 24.9.0, from npm. The last line of stdout is its path.
import { nodeBinary } from './lib/npm-package.mjs';

const [version] = process.argv.slice(2);
try {
  if (!version) throw new Error('Usage: node scripts/get-node.mjs VERSION');
  console.log(await nodeBinary(version));
} catch (error) {
  console.error(`Node ${version ?? ''} could not be installed: ${error.stderr || error.message}`);
  process.exitCode = 1;
}
