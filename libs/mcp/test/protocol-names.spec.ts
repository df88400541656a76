import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { foldCase } from '../src/protocol/keys/fold-case.js';
import { PROTOCOL_NAMES, protocolSpelling } from '../src/protocol/keys/protocol-names.js';

const packageOf = (main: string): string => dirname(createRequire(import.meta.url).resolve(main));

/** The names that a source gives members of its types, or of its object literals. */
function namesIn(text: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const isMember =
      ts.isPropertySignature(node) || ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node);
    if (isMember && (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name))) names.push(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest));
  return names;
}

/** The official server package's schemas of one revision, whose file names change from release to release. */
function schemasOf(revision: string): string {
  const folder = packageOf('@modelcontextprotocol/server');
  const sources = readdirSync(folder).filter((file) => file.endsWith('.mjs'));
  return sources
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('//#region '))
    .filter((region) => region.split('\n', 1)[0]?.endsWith(`/wire/rev${revision}/buildSchemas.ts`))
    .map((region) => region.slice(region.indexOf('\n'), region.indexOf('//#endregion')))
    .join('\n');
}

// Schemas by their names, methods, and an option of the schemas' library.
const NO_MEMBER = /^[A-Z]|\/(?!.*-|\w+Id$)|^(offset|notificationSchemas2026|dispatch\w+)$/;

describe('the names of the protocol', () => {
  it.each([
    [
      "the specification's types",
      () => readFileSync(join(packageOf('@modelcontextprotocol/sdk/types.js'), 'spec.types.d.ts'), 'utf8'),
      130,
    ],
    ['the schemas of 2025-11-25', () => schemasOf('2025-11-25'), 120],
    ['the schemas of 2026-07-28', () => schemasOf('2026-07-28'), 120],
  ])('are those of %s', (_name, source, least) => {
    const names = [...new Set(namesIn(source()))].filter((name) => !NO_MEMBER.test(name));
    expect(names.length).toBeGreaterThan(least);
    expect(names.filter((name) => !PROTOCOL_NAMES.includes(name))).toEqual([]);
  });

  it.each(['jsonrpc', 'method', 'io.modelcontextprotocol/protocolVersion', 'resultType', 'pollIntervalMs'])(
    'are found in any case: %s',
    (name) => {
      expect(protocolSpelling(foldCase(name.toUpperCase()))).toBe(name);
    },
  );

  it('differ when folded', () => {
    expect(new Set(PROTOCOL_NAMES.map(foldCase)).size).toBe(PROTOCOL_NAMES.length);
  });
});
