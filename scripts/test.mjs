// npm test [-- jest's arguments]: installs and builds what is missing, gets OPA and runs every test that needs
// nothing else. With --services (npm run test:services) it runs those that need more, *.services.spec.ts, and installs
// that.
import './lib/node-version.mjs';

import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { jest } from './lib/jest.mjs';
import { root } from './lib/run.mjs';
import { ensureServices } from './lib/services.mjs';
import { getOpa } from './get-opa.mjs';

const options = process.argv.slice(2);
const args = options.filter((arg) => arg !== '--services');
const services = args.length < options.length;

try {
  ensureInstalled(root);
  ensureBuilt(root);
  process.env['OPA_BIN'] = await getOpa();
  if (services) ensureServices();
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
}

const choosesWorkers = args.some((arg) => /^(-i|-w|--runInBand|--maxWorkers)/.test(arg));
const { passed, failed } = jest(root, [
  '--testMatch',
  services ? '**/*.services.spec.ts' : '**/!(*.services).spec.ts',
  ...(services ? ['--passWithNoTests'] : []),
  ...(choosesWorkers ? [] : ['--maxWorkers=2']),
  ...args,
]);
if (!services) {
  console.log(
    'Left out: the tests that need Debian, Go, npm or Python packages of their own (npm run test:services).',
  );
} else if (passed + failed === 0) {
  console.log('There are no tests that need Debian, Go, npm or Python packages of their own.');
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
