const encoder = new TextEncoder();
// JSON.stringify escapes lone surrogates, and nothing else this way; a pair of backslashes is a backslash itself.
const LONE_SURROGATE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/**
 * Gives an input's JSON as bytes, and an empty text as no input.
 *
 * @remarks Bytes, for opa-wasm takes `false`, `0`, `""` and `null` for no input. A lone surrogate becomes U+FFFD,
 * as in OPA; its Wasm would fail on it.
 */
export function encodeInput(json: string): ArrayBuffer | undefined {
  return json === '' ? undefined : encoder.encode(escapeLoneSurrogates(json)).buffer;
}

/** Replaces escaped lone surrogates in a JSON text that has none but such. */
export function escapeLoneSurrogates(json: string): string {
  return json.includes('\\ud') ? json.replace(LONE_SURROGATE, '$1\\ufffd') : json;
}
