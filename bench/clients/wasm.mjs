import { readFile } from 'node:fs/promises';
import opaWasm from '@open-policy-agent/opa-wasm';
import { POLICY } from '../lib/question.mjs';

/**
 * opa-wasm in this process, used as in its README.
 *
 * @type {import('../lib/clients.mjs').Open}
 */
export async function openWasm(_url, { wasm }) {
  const policy = await opaWasm.loadPolicy(await readFile(wasm));
  return {
    ask: (input) => policy.evaluate(input, POLICY)[0]?.result === true,
    close: async () => undefined,
  };
}
