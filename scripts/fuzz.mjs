// npm run fuzz [-- seconds]: generated inputs for each builtin and for a table of rules, in OPA's server and in opa-plan,
// and hostile inputs against a deadline. Each of the three takes the given time. Default: 300.
import './lib/node-version.mjs';

const [seconds = '300'] = process.argv.splice(2);
if (!/^[1-9]\d*$/.test(seconds)) {
  console.error(`${JSON.stringify(seconds)} is no number of seconds. Usage: npm run fuzz [-- seconds]`);
  process.exit(1);
}
process.env['FUZZ_SECONDS'] = seconds;
process.argv.push('--testTimeout', String(Number(seconds) * 1_000 + 60_000), 'libs/plan/test/fuzz');
await import('./test.mjs');
