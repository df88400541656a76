// npm run soak [-- seconds]: the fault and property tests, with OPA killed and restarted every second. Default: 60.
// npm run soak:hostile [-- seconds]: hostile clients and servers on both sides of the gateway. Default: 600.
// Both end by themselves, about a minute after the given time.
import './lib/node-version.mjs';

const options = process.argv.splice(2);
const hostile = options[0] === '--hostile';
const [seconds = hostile ? '600' : '60'] = options.slice(hostile ? 1 : 0);
if (!/^[1-9]\d*$/.test(seconds)) {
  console.error(
    `${JSON.stringify(seconds)} is no number of seconds. Usage: npm run soak[:hostile] [-- seconds]`,
  );
  process.exit(1);
}
process.env['SOAK_SECONDS'] = seconds;
process.argv.push(...(hostile ? ['test/soak'] : ['libs/opa/test/faults', 'libs/opa/test/properties']));
await import('./test.mjs');
