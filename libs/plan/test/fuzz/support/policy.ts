import { builtinsOfOpa } from './capabilities.js';
import type { Declaration } from './capabilities.js';

/** What has no answer to compare: it depends on the process, the network, the time or chance, or gives nothing. */
const LEFT_OUT = new Set([
  'assign',
  'eq',
  'http.send',
  'internal.print',
  'internal.template_string',
  'internal.test_case',
  'net.lookup_ip_addr',
  'opa.runtime',
  'print',
  'providers.aws.sign_req',
  'rand.intn',
  'rego.metadata.chain',
  'rego.metadata.rule',
  'rego.parse_module',
  'time.now_ns',
  'trace',
  'uuid.rfc4122',
]);

/** How JSON holds arguments that are no JSON. */
const DECODE = `package fuzz

decode(x) := x.value
decode(x) = {v | v := x.set[_]} { x.set }
decode(x) = {{v | v := s[_]} | s := x.sets[_]} { x.sets }
decode(x) = {e[0]: e[1] | e := x.entries[_]} { x.entries }
`;

/** A rule of the policy that calls a builtin with the arguments in the input. */
export interface FuzzedCall {
  readonly rule: string;
  readonly declaration: Declaration;
}

/** The builtins that are compared, each with its rule. */
export const fuzzedCalls: readonly FuzzedCall[] = builtinsOfOpa()
  .filter(({ name }) => !LEFT_OUT.has(name))
  .map((declaration, index) => ({ rule: `call${index}`, declaration }));

/** The policy that calls each builtin. */
export const callsPolicy = [DECODE, ...fuzzedCalls.map(ruleOf)].join('\n');

function ruleOf({ rule, declaration: { name, args, isRelation } }: FuzzedCall): string {
  const operands = args.map((_, index) => `decode(input[${index}])`).join(', ');
  return isRelation
    ? `${rule} = [[p, v] | ${name}(${operands}, [p, v])]`
    : `${rule} = v { v := ${name}(${operands}) }`;
}
