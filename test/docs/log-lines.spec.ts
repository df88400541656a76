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

const MESSAGES = ['src', 'libs/mcp/src', 'libs/opa/src'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => messagesOf(`${folder}/${name}`)),
);

it('finds the log lines of the gateway and of the libraries', () => {
  expect(MESSAGES.length).toBeGreaterThan(40);
});

it.each(MESSAGES)('the page on troubleshooting has the log line: %s', (message) => {
  expect(PAGE).toContain(message);
});
