import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import ts from 'typescript';
import { readPage, ROOT } from './pages.js';

const PAGE = readPage('docs/operations/troubleshooting.md');

/** The shortest part of a message that identifies the message, in characters. */
const MIN_LENGTH = 10;

/** The texts of a message, without the values between them. */
function textsOf(message: ts.Node): string[] {
  if (ts.isStringLiteralLike(message)) return [message.text];
  if (ts.isTemplateExpression(message))
    return [message.head.text, ...message.templateSpans.map(({ literal }) => literal.text)];
  return ts.isBinaryExpression(message) ? textsOf(message.left) : [];
}

/** The longest text of each warning and error that a source file logs. A message that is a value alone has no text. */
function messagesOf(file: string): string[] {
  const messages: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression } = node.expression;
      const [message] = node.arguments;
      const isLog = /^(warn|error)$/.test(name.text) && /logger/i.test(expression.getText());
      if (isLog && message !== undefined) {
        const texts = textsOf(message).map((text) => text.trim());
        messages.push(texts.sort((a, b) => b.length - a.length)[0] ?? '');
      }
    }
    node.forEachChild(visit);
  };
  visit(ts.createSourceFile(file, readPage(file), ts.ScriptTarget.Latest, true));
  return messages.filter((text) => text.length >= MIN_LENGTH);
}

const SOURCES = ['src', 'libs/mcp/src', 'libs/opa/src'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
);

const MESSAGES = SOURCES.flatMap(messagesOf);

/** The HTTP statuses and the JSON-RPC codes with which the gateway answers. */
const CODES = [
  ...new Set(
    SOURCES.map(readPage).flatMap((text) =>
      [...text.matchAll(/(?:GatewayError\(|refused\(|\bcodes\()(\d{3})\b|(-32\d{3})\b/g)].map(
        ([, status, code]) => status ?? code ?? '',
      ),
    ),
  ),
].sort();

it('finds the log lines of the gateway and of the libraries', () => {
  expect(MESSAGES.length).toBeGreaterThan(40);
});

it('finds the statuses and the codes', () => {
  expect(CODES).toEqual(expect.arrayContaining(['404', '503', '-32001', '-32603']));
});

it.each(CODES)('the page on troubleshooting has a row for the code %s', (code) => {
  expect(PAGE).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'));
});

it.each(MESSAGES)('the page on troubleshooting has the log line: %s', (message) => {
  expect(PAGE).toContain(message);
});
