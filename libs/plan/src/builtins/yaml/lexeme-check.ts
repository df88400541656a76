import { CST } from 'yaml';
import { BuiltinError } from '../builtin.js';

/** A directive that OPA's library knows. */
const DIRECTIVE = /^%(?:YAML[ \t]+\d+\.\d+|TAG[ \t]+\S+[ \t]+\S+)[ \t]*(?:#.*)?$/;
const FLOW_INDICATOR: ReadonlySet<string> = new Set([
  'comma',
  'flow-map-start',
  'flow-map-end',
  'flow-seq-start',
  'flow-seq-end',
]);

/** Refuses texts that OPA's library refuses and the package `yaml` accepts: misplaced tabs, directives and documents. */
export class LexemeCheck {
  /** Whether the stream has a document, and whether the last one ended with `...`. */
  #document: 'none' | 'open' | 'ended' = 'none';
  #hasDirectives = false;
  #hasVersion = false;
  /** How many flow collections are open. */
  #flow = 0;
  /** Whether a key of a block mapping may begin here. No tab may precede such a key. */
  #mayBeKey = true;
  /** The type of the previous lexeme. */
  #previous = '';
  /** Whether the previous lexeme was the colon after a plain key in a flow collection. */
  #isColonOfPlainKey = false;
  /** Whether the last lexeme was the mark before the text of a scalar. */
  #isScalar = false;
  /** Whether a plain scalar at the root was read. Lines of tabs may follow such a scalar. */
  #isRootScalar = false;

  /** @throws BuiltinError when the lexeme may not be here */
  next(lexeme: string): void {
    if (lexeme === CST.SCALAR) {
      this.#isScalar = true;
      return;
    }
    const type = this.#isScalar ? 'scalar' : (CST.tokenType(lexeme) ?? '');
    this.#isScalar = false;
    this.#checkDocument(type, lexeme);
    this.#checkColon(type);
    this.#checkSpace(type, lexeme);
    if (type !== 'doc-mode') this.#previous = type;
  }

  /** @throws BuiltinError when the text may not end here */
  end(): void {
    if (this.#hasDirectives) throw new BuiltinError('yaml: did not find expected <document start>');
  }

  #checkDocument(type: string, lexeme: string): void {
    switch (type) {
      case 'doc-mode':
      case 'byte-order-mark':
      case 'space':
      case 'newline':
      case 'comment':
        return;
      case 'directive-line':
        this.#directive(lexeme);
        return;
      case 'doc-start':
        this.#document = 'open';
        this.#hasDirectives = this.#hasVersion = false;
        return;
      case 'doc-end':
        if (this.#document === 'none') throw new BuiltinError('yaml: did not find expected node content');
        this.#document = 'ended';
        return;
      default:
        if (this.#document === 'ended' || this.#hasDirectives) {
          throw new BuiltinError('yaml: did not find expected <document start>');
        }
        this.#isRootScalar = this.#document === 'none' && type === 'scalar';
        this.#document = 'open';
    }
  }

  #directive(line: string): void {
    if (!DIRECTIVE.test(line)) throw new BuiltinError('yaml: found unknown directive name');
    if (line.startsWith('%YAML')) {
      if (this.#hasVersion) throw new BuiltinError('yaml: found duplicate %YAML directive');
      this.#hasVersion = true;
    }
    this.#hasDirectives = true;
  }

  #checkSpace(type: string, lexeme: string): void {
    switch (type) {
      case 'space':
        if (lexeme.includes('\t') && this.#mayBeKey && this.#flow === 0 && !this.#isRootScalar) {
          throw new BuiltinError('yaml: found character that cannot start any token');
        }
        return;
      case 'newline':
      case 'seq-item-ind':
      case 'explicit-key-ind':
        this.#mayBeKey = true;
        return;
      case 'flow-map-start':
      case 'flow-seq-start':
        this.#flow++;
        return;
      case 'flow-map-end':
      case 'flow-seq-end':
        this.#flow = Math.max(0, this.#flow - 1);
        this.#mayBeKey = false;
        return;
      case 'doc-mode':
      case 'byte-order-mark':
      case 'comment':
        return;
      default:
        this.#mayBeKey = false;
    }
  }

  /**
   * Checks a colon. In `{a:}` OPA's library reads the colon as part of the key; the package `yaml` reads it as the
   * end of the key.
   */
  #checkColon(type: string): void {
    if (this.#isColonOfPlainKey && FLOW_INDICATOR.has(type)) {
      throw new BuiltinError("yaml: did not find expected space after ':'");
    }
    this.#isColonOfPlainKey = type === 'map-value-ind' && this.#flow > 0 && this.#previous === 'scalar';
  }
}
