// Imported first, for its effect: the modules after it may use what an older Node doesn't have.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.versions.node} is too old: nestjs-opa needs Node 20.19 or later.`);
  process.exit(1);
}
