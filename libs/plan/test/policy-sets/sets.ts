import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { goModule } from '../support/go-module.js';

/** Rego policies with tests of their own, published as part of a Go module. */
interface PolicySet {
  /** `path@version` of the Go module. */
  readonly module: string;
  /** The folders of policies that are built together. */
  readonly folders: readonly string[];
  /** How many rules are tests. */
  readonly tests: number;
  /** Calls of builtins that OPA does not have, and the functions of `stand-in.rego` in their place. */
  readonly replacements?: Readonly<Record<string, string>>;
}

const OPA = 'github.com/open-policy-agent/opa@v1.22.2';
const CONFTEST = 'github.com/open-policy-agent/conftest@v0.71.1';

/** The sets by name. */
export const policySets: Readonly<Record<string, PolicySet>> = {
  trivy: {
    module: 'github.com/aquasecurity/trivy-checks@v1.10.0',
    folders: ['checks', 'lib'],
    tests: 1_688,
    replacements: {
      'result.new': 'result',
      isManaged: 'managed',
      'squealer.scan_string': 'secret',
      'sh.parse_commands': 'commands',
      'cidr.count_addresses': 'addresses',
      'cidr.is_public': 'public',
    },
  },
  'OPA: validation of configurations': {
    module: OPA,
    folders: ['v1/config', 'v1/plugins/server', 'internal/metricsexport', 'internal/configpolicy'],
    tests: 40,
  },
  'OPA: checks of a pull request': { module: OPA, folders: ['build/policy/pr-check'], tests: 18 },
  'Conftest: Kubernetes': { module: CONFTEST, folders: ['examples/kubernetes/policy'], tests: 4 },
  'Conftest: dotenv': { module: CONFTEST, folders: ['examples/dotenv/policy'], tests: 4 },
};

/** The modules of a set, and the paths of its tests. */
export interface LoadedSet {
  readonly modules: readonly string[];
  readonly tests: readonly string[];
}

/** Reads a set. Go downloads the module when it is missing. */
export function loadSet({ module, folders, replacements = {} }: PolicySet): LoadedSet {
  const root = goModule(module);
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.rego'))
      .map((file) => join(root, folder, file)),
  );
  const modules = files.map((file) => replaceCalls(readFileSync(file, 'utf8'), replacements));
  const standIn = readFileSync(join(import.meta.dirname, 'stand-in.rego'), 'utf8');
  return { modules: [standIn, ...modules], tests: [...new Set(modules.flatMap(testsOf))] };
}

function replaceCalls(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce(
    (current, [name, standIn]) =>
      current.replaceAll(
        new RegExp(`(?<![.\\w])${name.replace('.', '\\.')}\\(`, 'g'),
        `data.stand_in.${standIn}(`,
      ),
    text,
  );
}

function testsOf(text: string): string[] {
  const reference = /^package\s+(\S+)/m.exec(text)?.[1] ?? '';
  const name = reference.replaceAll('.', '/').replaceAll(/\["([^"]+)"\]/g, '/$1');
  return Array.from(text.matchAll(/^test_\w+/gm), ([rule]) => `${name}/${rule}`);
}
