import { describe, expect, it } from '@jest/globals';
import { compareCases } from './support/compare-cases.js';

describe("OPA's own cases", () => {
  it('are answered as OPA answers them, in its order, or refused at load by name', () => {
    const { report, differences } = compareCases();
    process.stderr.write(`${report}\n`);
    expect(differences).toEqual([]);
  }, 600_000);
});
