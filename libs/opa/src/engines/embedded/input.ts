import { OpaError } from '../../contracts/index.js';
import { describe } from './errors.js';

const encoder = new TextEncoder();
// JSON.stringify escapes lone surrogates, and nothing else this way; a pair of backslashes is a backslash itself.
const LONE_SURROGATE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/**
 * Gives an input as JSON bytes, and `undefined` as no input.
 *
 * @remarks Bytes, for opa-wasm takes `false`, `0`, `""` and `null` for no input. A lone surrogate becomes U+FFFD,
 * as in OPA; its Wasm would fail on it.
 *
 * @throws OpaError `OPA_BAD_INPUT` when JSON can't hold it
 */
export function encodeInput(input: unknown): ArrayBuffer | undefined {
  if (input === undefined) return undefined;
  let text: unknown;
  try {
    text = JSON.stringify(input);
  } catch (cause) {
    throw badInput(describe(cause), cause);
  }
  if (typeof text !== 'string') throw badInput(`JSON has no ${typeof input}`);
  return encoder.encode(escapeLoneSurrogates(text)).buffer;
}

/** Replaces escaped lone surrogates in a JSON text that has none but such. */
export function escapeLoneSurrogates(json: string): string {
  return json.includes('\\ud') ? json.replace(LONE_SURROGATE, '$1\\ufffd') : json;
}

function badInput(problem: string, cause?: unknown): OpaError {
  return new OpaError('OPA_BAD_INPUT', `The input can't be written as JSON: ${problem}`, { cause });
}
