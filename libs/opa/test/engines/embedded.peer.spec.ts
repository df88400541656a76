import { describe, expect, it, jest } from '@jest/globals';
import { buildBundle } from './support/opa.js';

jest.unstable_mockModule('@open-policy-agent/opa-wasm', () => {
  throw new Error("Cannot find package '@open-policy-agent/opa-wasm'");
});

describe('without the optional peer @open-policy-agent/opa-wasm', () => {
  it('a bundle is refused, saying what to install', async () => {
    const { createEmbeddedEngine } = await import('../../src/engines/embedded/index.js');
    const bundle = await buildBundle('package p\nallow := true', 'p/allow');
    await expect(createEmbeddedEngine({ bundle })).rejects.toMatchObject({
      name: 'OpaError',
      code: 'OPA_BAD_BUNDLE',
      message: expect.stringContaining('npm install @open-policy-agent/opa-wasm@1'),
    });
  });
});
