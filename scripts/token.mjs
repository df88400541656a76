// npm run token -- --sub alice --role viewer [--any-claim value] [--expires 1h]: a development token, alone on stdout.
const USAGE = 'npm run token -- --sub alice --role viewer [--claim value] [--expires 1h]';

const fail = (message) => {
  console.error(message);
  process.exit(1);
};

const claims = {};
const given = process.argv.slice(2).flatMap((word) => {
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
  return name === undefined ? [word] : [name, value];
});
for (let index = 0; index < given.length; index += 2) {
  const [name, value] = given.slice(index, index + 2);
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
  fail('The gateway is not built yet: npm start builds it, and makes the development key.');
}
try {
  console.log(await keys.developmentToken(others, expires, process.env));
} catch (error) {
  fail(`No token: ${error.message}`);
}
