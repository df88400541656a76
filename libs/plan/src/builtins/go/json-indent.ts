const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^[\]{},:"]+/g;

/** Go's `json.Indent`: writes compact JSON on several lines. Every line except the first begins with the prefix. */
export function indentJson(compact: string, prefix: string, indent: string): string {
  let depth = 0;
  let isEmpty = false;
  let text = '';
  const newline = (): string => `\n${prefix}${indent.repeat(depth)}`;
  for (const [token] of compact.matchAll(TOKEN)) {
    if (token === ']' || token === '}') {
      depth--;
      text += (isEmpty ? '' : newline()) + token;
      isEmpty = false;
      continue;
    }
    text += isEmpty ? newline() : '';
    isEmpty = token === '[' || token === '{';
    if (isEmpty) {
      depth++;
      text += token;
    } else if (token === ',') {
      text += token + newline();
    } else {
      text += token === ':' ? ': ' : token;
    }
  }
  return text;
}
