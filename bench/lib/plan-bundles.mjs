import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const GATEWAY = ['gateway/orders/request', 'gateway/mcp/request'];
const RULES = 1_000;
/** Users of the large data: about 10 MB. */
const USERS = 62_000;

/** The policy with many rules: each rule reads the data, and one rule in a hundred applies to a query. */
const large = `package large

default allow := false

${Array.from(
  { length: RULES },
  (_, n) => `allow if {
	input.request.group == ${n % 100}
	input.request.path == "/orders/${n}"
	some role in data.users[input.subject.id].roles
	role == "${n % 2 ? 'writer' : 'reader'}"
}`,
).join('\n\n')}
`;

/** A loop that ends with its deadline only. */
const endless = `package endless

n := numbers.range(1, 3000)

allow if {
	some a in n
	some b in n
	some c in n
	a + b == -c
}
`;

/** A policy beside which loading is loading the data. */
const small = `package small

allow if "reader" in data.users[input.subject.id].roles
`;

const users = Array.from({ length: USERS }, (_, n) => [
  `user-${n}`,
  {
    id: `user-${n}`,
    roles: [n % 5 ? 'reader' : 'auditor', n % 3 ? 'writer' : 'guest'],
    tenant: `tenant-${n % 500}`,
    limit: n * 1.5,
    active: n % 2 === 0,
    since: `2024-01-0${(n % 9) + 1}T10:00:00Z`,
    name: `User number ${n}`,
  },
]);

/**
 * Builds the policies of the section on plans, as plans and as Wasm.
 *
 * @param {string} binary - OPA's
 */
export function buildPlanBundles(binary) {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-bench-'));
  const at = (name) => join(folder, name);
  writeFileSync(at('large.rego'), large);
  writeFileSync(at('endless.rego'), endless);
  writeFileSync(at('small.rego'), small);
  writeFileSync(at('data.json'), JSON.stringify({ users: Object.fromEntries(users) }));
  const build = (target, name, entrypoints, files, cwd = folder) => {
    const out = at(`${name}-${target}.tar.gz`);
    const paths = entrypoints.flatMap((path) => ['-e', path]);
    execFileSync(binary, ['build', '-t', target, ...paths, '--ignore', '*_test.rego', '-o', out, ...files], {
      cwd,
    });
    return out;
  };
  const policies = join(import.meta.dirname, '..', '..', 'policies');
  const bundles = {};
  for (const target of ['plan', 'wasm']) {
    bundles[target] = {
      gateway: build(target, 'gateway', GATEWAY, ['gateway'], policies),
      large: build(target, 'large', ['large/allow'], ['large.rego', 'data.json']),
    };
  }
  bundles.endless = build('plan', 'endless', ['endless/allow'], ['endless.rego']);
  bundles.small = build('plan', 'small', ['small/allow'], ['small.rego', 'data.json']);
  bundles.data = at('data.json');
  return { bundles, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

const ROLES = ['viewer', 'editor', 'guest', 'viewer'];
const METHODS = ['GET', 'POST', 'DELETE'];

/** The inputs of the policies: no two inputs are equal. */
export const question = (n) => ({
  subject: {
    type: 'user',
    id: `user-${n % USERS}`,
    role: ROLES[n % 4],
    properties: { roles: ['viewer'] },
  },
  action: { name: METHODS[n % 3] },
  resource: { type: 'route', id: '/orders/:id' },
  request: {
    method: METHODS[n % 3],
    path: `/orders/${n % RULES}`,
    group: n % 100,
    params: { id: String(n) },
    headers: {},
  },
  context: {},
});

/** The policy path of each measurement. */
export const PATHS = { orders: 'gateway/orders/request', mcp: 'gateway/mcp/request', large: 'large/allow' };

/** The policy path of the bundle that is data above all. */
export const SMALL = 'small/allow';
