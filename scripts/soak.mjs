// npm run soak [-- seconds]: the fault and property tests, with OPA killed and restarted every second for a minute,
// or for as long as is asked. It ends by itself: with a minute of it, in about two.
import './lib/node-version.mjs';

const [seconds = '60'] = process.argv.splice(2);
if (!/^[1-9]\d*$/.test(seconds)) {
  console.error(`${JSON.stringify(seconds)} is no number of seconds. Usage: npm run soak [-- seconds]`);
  process.exit(1);
}
process.env['SOAK_SECONDS'] = seconds;
process.argv.push('libs/opa/test/faults', 'libs/opa/test/properties');
await import('./test.mjs');
