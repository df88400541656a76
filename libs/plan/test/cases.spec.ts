import { describe, expect, it } from '@jest/globals';
import { compareCases } from './support/compare-cases.js';
import { hasOpaCases } from './support/opa-cases.js';

const whereCasesAre = hasOpaCases() ? it : it.skip;

describe("OPA's own cases", () => {
  whereCasesAre(
    "have OPA's results, or are refused at load by name (needs OPA's Go module)",
    () => {
      const { counts, differences } = compareCases();
      expect(differences).toEqual([]);
      expect(counts).toEqual({ same: 2_331, refused: 25, leftOut: 44 });
    },
    600_000,
  );
});
