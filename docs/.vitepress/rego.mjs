/** What the highlighter must know of Rego, which it does not bring along. */
export const rego = {
  name: 'rego',
  scopeName: 'source.rego',
  patterns: [
    { name: 'comment.line', match: '#.*$' },
    { name: 'string.quoted.double', begin: '"', end: '"', patterns: [{ match: '\\\\.' }] },
    { name: 'string.quoted.other', begin: '`', end: '`' },
    { name: 'constant.numeric', match: '\\b\\d+(\\.\\d+)?\\b' },
    { name: 'constant.language', match: '\\b(true|false|null)\\b' },
    {
      name: 'keyword.control',
      match: '\\b(package|import|default|if|contains|else|some|every|in|not|with|as)\\b',
    },
  ],
};
