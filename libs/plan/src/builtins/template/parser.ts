import { GoError } from '../go/error.js';
import type { Control, Node } from './nodes.js';
import { PipelineParser, unexpected } from './pipelines.js';
import { tokenize } from './tokens.js';
import { unquote } from './unquote.js';

/** The templates of a text by name. The main template is called `template`. */
export type Templates = ReadonlyMap<string, readonly Node[]>;

type Ending = 'end' | 'else';

const CONTROLS: Readonly<Record<string, Control['kind']>> = { if: 'if', with: 'with', range: 'range' };
/** Reads a template as Go's `text/template` does. */
export function parseTemplate(text: string): Templates {
  return new Parser(tokenize(text)).parse();
}

class Parser extends PipelineParser {
  readonly #templates = new Map<string, readonly Node[]>();
  #ranges = 0;

  parse(): Templates {
    const root: Node[] = [];
    while (this.peek().kind !== 'end') {
      if (this.#takeDefinition()) continue;
      const node = this.#node();
      if (typeof node === 'string') throw new GoError(`unexpected {{${node}}}`);
      root.push(node);
    }
    this.#add('template', root);
    return this.#templates;
  }

  #add(name: string, nodes: readonly Node[]): void {
    const known = this.#templates.get(name);
    if (!known || isEmpty(known)) this.#templates.set(name, nodes);
    else if (!isEmpty(nodes)) throw new GoError(`template: multiple definition of template "${name}"`);
  }

  #takeDefinition(): boolean {
    if (this.peek().kind !== 'left') return false;
    const start = this.index++;
    const token = this.next();
    if (token.kind !== 'keyword' || token.text !== 'define') {
      this.index = start;
      return false;
    }
    const name = this.#templateName('define clause');
    this.expect('right', 'define clause');
    this.#define(name, 'define clause');
    return true;
  }

  #define(name: string, context: string): void {
    const [variables, ranges] = [this.variables, this.#ranges] as const;
    this.variables = ['$'];
    this.#ranges = 0;
    const [nodes, ending] = this.#list();
    if (ending !== 'end') throw new GoError(`unexpected {{else}} in ${context}`);
    this.#add(name, nodes);
    this.variables = variables;
    this.#ranges = ranges;
  }

  #templateName(context: string): string {
    const token = this.next();
    if (token.kind !== 'string' && token.kind !== 'raw') throw unexpected(token, context);
    return unquote(token.text);
  }

  /** The parts up to an `end` or an `else`. */
  #list(): [nodes: Node[], ending: Ending] {
    return this.nested(() => {
      const nodes: Node[] = [];
      while (this.peekWord().kind !== 'end') {
        const node = this.#node();
        if (typeof node === 'string') return [nodes, node];
        nodes.push(node);
      }
      throw new GoError('unexpected EOF');
    });
  }

  #node(): Node | Ending {
    const token = this.next();
    if (token.kind === 'text') return { kind: 'text', text: token.text };
    if (token.kind !== 'left') throw unexpected(token, 'input');
    if (this.peekWord().kind !== 'keyword')
      return { kind: 'action', pipe: this.pipeline('command', 'right') };
    return this.#keyword(this.next().text);
  }

  #keyword(word: string): Node | Ending {
    switch (word) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue':
        return this.#jump(word);
      case 'else':
        return this.#else();
      case 'end':
        this.expect('right', 'end');
        return 'end';
      case 'template':
        return this.#template();
      default: {
        const kind = CONTROLS[word];
        if (kind === undefined) throw new GoError(`unexpected <${word}> in command`);
        return this.#control(kind);
      }
    }
  }

  #block(): Node {
    const name = this.#templateName('block clause');
    const pipe = this.pipeline('block clause', 'right');
    this.#define(name, 'block clause');
    return { kind: 'template', name, pipe };
  }

  #jump(kind: 'break' | 'continue'): Node {
    this.expect('right', `{{${kind}}}`);
    if (this.#ranges === 0) throw new GoError(`{{${kind}}} outside {{range}}`);
    return { kind };
  }

  /** Reads an `else`. The same action may contain another condition. */
  #else(): Ending {
    const { kind, text } = this.peekWord();
    if (kind !== 'keyword' || (text !== 'if' && text !== 'with')) this.expect('right', 'else');
    return 'else';
  }

  #template(): Node {
    const name = this.#templateName('template clause');
    if (this.peekWord().kind !== 'right') {
      return { kind: 'template', name, pipe: this.pipeline('template clause', 'right') };
    }
    this.index++;
    return { kind: 'template', name, pipe: undefined };
  }

  #control(kind: Control['kind']): Control {
    const known = this.variables.length;
    const pipe = this.pipeline(kind, 'right');
    if (kind === 'range') this.#ranges++;
    const [body, ending] = this.#list();
    if (kind === 'range') this.#ranges--;
    const otherwise = ending === 'else' ? this.#otherwise(kind) : undefined;
    this.variables.length = known;
    return { kind, pipe, body, otherwise };
  }

  #otherwise(kind: Control['kind']): Node[] {
    const { kind: next, text } = this.peek();
    if (next === 'keyword' && text === kind && kind !== 'range') {
      this.index++;
      return this.nested(() => [this.#control(kind)]);
    }
    const [nodes, ending] = this.#list();
    if (ending !== 'end') throw new GoError('expected end; found {{else}}');
    return nodes;
  }
}

function isEmpty(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}
