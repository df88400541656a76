import type { Builtins } from './builtin.js';
import { fromGo, succeeds } from './failure.js';
import { parseUrl } from './go/url.js';
import { stringOperand } from './operands.js';

/** `uri.*` */
export const uri: Builtins = {
  'uri.is_valid': (_context, text) =>
    typeof text === 'string' && text !== '' && succeeds(() => parseUrl(text)),
  'uri.parse': (_context, text) => {
    const raw = stringOperand(text, 1);
    const url = fromGo(() => parseUrl(raw));
    const parts = {
      scheme: url.scheme,
      hostname: url.hostname,
      port: url.port,
      path: url.path,
      raw_path: url.rawPath || url.path,
      raw_query: url.rawQuery,
      fragment: url.fragment,
    };
    return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== ''));
  },
};
