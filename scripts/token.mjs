// npm run token -- --sub alice --role viewer [--any-claim value] [--expires 1h]: a development token, alone on stdout.
const USAGE = 'npm run token -- --sub alice --role viewer [--claim value] [--expires 1h]';

const fail = (message) => {
  console.error(message);
  process.exit(1);
};

const claims = {};
const options = process.argv.slice(2).flatMap((argument) => {
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(argument) ?? [];
  return name === undefined ? [argument] : [name, value];
});
for (let index = 0; index < options.length; index += 2) {
  const [name, value] = options.slice(index, index + 2);
  if (!/^--\w/.test(name) || value === undefined) fail(`${name}: not "--claim value". Usage: ${USAGE}`);
  claims[name.slice(2)] = value;
}
const { expires = '8h', ...others } = claims;
if (!others.sub) fail(`--sub is needed. Usage: ${USAGE}`);

let keys;
try {
  keys = await import('../demo/dist/development-keys.js');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  fail('The gateway is not built yet: npm start builds it, and creates the development key.');
}
try {
  console.log(await keys.developmentToken(others, expires, process.env));
} catch (error) {
  fail(`No token: ${error.message}`);
}
