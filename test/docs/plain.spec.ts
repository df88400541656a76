import { describe, expect, it } from '@jest/globals';
import { PAGES, proseOf, readPage } from './pages.js';

/** The most words of a sentence. Writers aim at 25. */
const MAX_SENTENCE = 30;
/** The most words of a heading. */
const MAX_HEADING = 9;

/** Words and turns that the project no longer uses, with what to write instead. */
const REPLACED: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bwhoever\b/i, 'name the person or the program'],
  [/\bst(?:ood|ands) still\b/i, 'the event loop was blocked'],
  [/\b(?:can't|cannot|to) be had\b/i, 'is missing, or cannot be reached'],
  [/\bwhat (?:is|was) left\b/i, 'name what remains'],
  [/\bfor an? (?:flood|overload) must\b/i, 'because a client could …'],
  [/\b(?:is|was|are|were) told\b/i, 'gets, learns'],
  [/\b(?:has|have) gone\b/i, 'is down, or has disconnected'],
  [/\bgoes away\b/i, 'disconnects'],
  [/\bquestions?\b/i, 'query'],
  [/\bno more\b/i, 'no longer'],
  [/\bin the way\b/i, 'name the obstacle'],
  [/\beras?\b/i, 'protocol version'],
  [/\b(?:can|do|does|is|are|was|were|has|have|wo|could|must|need)n't\b/i, 'the two words'],
];

const wordsIn = (text: string): number =>
  text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

/** The text as it is read: links by their text, code in backticks as one word. */
const readable = (text: string): string =>
  text.replace(/`[^`]*`/g, 'code').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');

/** The paragraphs, items and cells of a page. */
function blocksOf(text: string): string[] {
  return proseOf(text)
    .replace(/^#+ .*$/gm, '')
    .replace(/^ *\|[-| :]+\|$/gm, '')
    .replace(/^ *\|.*\|$/gm, (row) => `\n\n${row.replaceAll('|', '\n\n')}\n\n`)
    .split(/\n\s*\n|\n(?= *(?:[-*]|\d+\.) )/)
    .map((block) => block.trim().replace(/\s+/g, ' '))
    .filter((block) => block !== '');
}

/** What of a page is hard to read. */
function problemsOf(text: string): string[] {
  const prose = readable(text);
  const headings = [...proseOf(prose).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  const blocks = blocksOf(prose);
  return [
    ...headings
      .filter((heading) => wordsIn(heading) > MAX_HEADING)
      .map((heading) => `${wordsIn(heading)} words in the heading: ${heading}`),
    ...blocks
      .flatMap((block) => block.split(/(?<=[.!?:])[)"*]*\s+/))
      .filter((sentence) => wordsIn(sentence) > MAX_SENTENCE)
      .map((sentence) => `${wordsIn(sentence)} words: ${sentence}`),
    ...REPLACED.flatMap(([pattern, instead]) =>
      [...headings, ...blocks].flatMap((block) =>
        pattern.test(block) ? [`"${pattern.exec(block)?.[0] ?? ''}" (${instead}): ${block}`] : [],
      ),
    ),
  ];
}

describe('the language of', () => {
  it.each(PAGES)('%s is plain', (page) => {
    expect(problemsOf(readPage(page))).toEqual([]);
  });

  it.each(PAGES.filter((page) => page.startsWith('docs/')))(
    '%s begins with when to read the page',
    (page) => {
      expect(readPage(page)).toMatch(/^# .+\n\nRead this page (?:when|before) /);
    },
  );

  const words = (count: number): string => Array<string>(count).fill('word').join(' ');
  it.each([
    ['a long sentence', `${words(31)}.`],
    ['a long sentence in an item', `- A.\n- ${words(31)}.`],
    ['a long sentence in a cell', `| a |\n| - |\n| ${words(31)} |`],
    ['a long heading', `## ${words(10)}`],
    ['a replaced word', 'Whoever waits.'],
    ['a replaced word in a heading', '## What is left'],
  ])('%s is reported', (_what, text) => {
    expect(problemsOf(text)).toHaveLength(1);
  });

  it.each([
    ['two sentences', `${words(20)}. ${words(20)}.`],
    ['a block of code', `\`\`\`sh\n${words(31)}\n\`\`\``],
    ['code in backticks', `\`${words(31)}\``],
    ['cells of a row', `| ${words(20)} | ${words(20)} |`],
  ])('%s is short enough', (_what, text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});
