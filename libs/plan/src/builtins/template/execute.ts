import type { Value } from '../../values/index.js';
import { get } from '../../values/index.js';
import type { BuiltinContext } from '../builtin.js';
import { GoError } from '../go/error.js';
import type { Datum } from './data.js';
import { arrayOf, fieldsOf, GoInteger, isTrue, objectOf, printed, typeOf } from './data.js';
import { FUNCTIONS } from './functions.js';
import type { Command, Control, Node, Operand, Pipe } from './nodes.js';
import type { Templates } from './parser.js';

/** Marks that no earlier command passes on a value. */
const NOTHING = Symbol('nothing');
const DEEPEST = 500;

type Final = Datum | typeof NOTHING;
type Jump = 'break' | 'continue' | undefined;

interface Variable {
  readonly name: string;
  value: Datum;
}

/** The text of a template with its data. */
export function executeTemplate(context: BuiltinContext, templates: Templates, data: Value): string {
  const output = new Output(context);
  new Execution(templates, output, data, 0).run(templates.get('template') ?? []);
  return output.parts.join('');
}

class Output {
  readonly parts: string[] = [];
  #size = 0;

  constructor(readonly context: BuiltinContext) {}

  /** Checks the length of a text before the text is made. */
  readonly onLength = (length: number): void => {
    this.context.checkDeadline();
    this.context.checkSize(this.#size + length);
  };

  write(text: string): void {
    this.onLength(text.length);
    this.#size += text.length;
    this.parts.push(text);
  }
}

class Execution {
  readonly #variables: Variable[];

  constructor(
    private readonly templates: Templates,
    private readonly output: Output,
    private readonly data: Datum,
    private readonly depth: number,
  ) {
    this.#variables = [{ name: '$', value: data }];
  }

  run(nodes: readonly Node[]): void {
    this.#list(this.data, nodes);
  }

  #list(dot: Datum, nodes: readonly Node[]): Jump {
    for (const node of nodes) {
      const jump = this.#node(dot, node);
      if (jump !== undefined) return jump;
    }
    return undefined;
  }

  #node(dot: Datum, node: Node): Jump {
    this.output.context.checkDeadline();
    switch (node.kind) {
      case 'text':
        this.output.write(node.text);
        return undefined;
      case 'action': {
        const value = this.#pipe(dot, node.pipe);
        if (node.pipe.variables.length === 0)
          this.output.write(value === undefined ? '<no value>' : printed(value));
        return undefined;
      }
      case 'template':
        this.#template(dot, node.name, node.pipe);
        return undefined;
      case 'range':
        return this.#scoped(() => this.#range(dot, node));
      case 'if':
      case 'with':
        return this.#scoped(() => this.#choose(dot, node));
      default:
        return node.kind;
    }
  }

  #scoped<Result>(work: () => Result): Result {
    const known = this.#variables.length;
    const result = work();
    this.#variables.length = known;
    return result;
  }

  #choose(dot: Datum, node: Control): Jump {
    const value = this.#pipe(dot, node.pipe);
    if (isTrue(value)) return this.#list(node.kind === 'with' ? value : dot, node.body);
    return this.#list(dot, node.otherwise ?? []);
  }

  #template(dot: Datum, name: string, pipe: Pipe | undefined): void {
    const nodes = this.templates.get(name);
    if (!nodes) throw new GoError(`template "${name}" not defined`);
    if (this.depth >= DEEPEST) throw new GoError(`exceeded maximum template depth (${DEEPEST})`);
    const data = pipe ? this.#pipe(dot, pipe) : undefined;
    new Execution(this.templates, this.output, data, this.depth + 1).run(nodes);
  }

  #range(dot: Datum, node: Control): Jump {
    const { variables } = node.pipe;
    const value = this.#pipe(dot, node.pipe);
    let hasRun = false;
    for (const [index, element] of this.#elements(value, variables.length)) {
      hasRun = true;
      this.output.context.checkDeadline();
      const jump = this.#scoped(() => {
        this.#bind(node.pipe, index, element);
        return this.#list(element, node.body);
      });
      if (jump === 'break') break;
    }
    return hasRun ? undefined : this.#list(dot, node.otherwise ?? []);
  }

  *#elements(value: Datum, variables: number): Generator<readonly [index: Datum, element: Datum]> {
    if (value === undefined) return;
    const object = objectOf(value);
    const array = arrayOf(value);
    if (object) {
      yield* fieldsOf(object);
    } else if (array) {
      for (const [index, element] of array.entries()) yield [new GoInteger(BigInt(index)), element];
    } else if (value instanceof GoInteger && variables < 2) {
      for (let index = 0n; index < value.value; index++) yield [undefined, new GoInteger(index)];
    } else {
      throw new GoError(`range can't iterate over ${printed(value)}`);
    }
  }

  /** Binds the variables of a range for one iteration. */
  #bind({ variables, isAssignment }: Pipe, index: Datum, element: Datum): void {
    const [first, second] = variables;
    if (first === undefined) return;
    if (isAssignment) {
      this.#assign(first, second === undefined ? element : index);
      if (second !== undefined) this.#assign(second, element);
      return;
    }
    this.#setTop(1, element);
    if (second !== undefined) this.#setTop(2, index);
  }

  #setTop(position: number, value: Datum): void {
    const variable = this.#variables.at(-position);
    if (variable) variable.value = value;
  }

  #find(name: string): Variable {
    const variable = this.#variables.findLast((candidate) => candidate.name === name);
    if (!variable) throw new GoError(`undefined variable: ${name}`);
    return variable;
  }

  #assign(name: string, value: Datum): void {
    this.#find(name).value = value;
  }

  #pipe(dot: Datum, pipe: Pipe): Datum {
    let value: Final = NOTHING;
    for (const command of pipe.commands) {
      const result: Datum = this.#command(dot, command, value);
      value = result === null ? undefined : result;
    }
    const result = value === NOTHING ? undefined : value;
    for (const name of pipe.variables) {
      if (pipe.isAssignment) this.#assign(name, result);
      else this.#variables.push({ name, value: result });
    }
    return result;
  }

  #command(dot: Datum, command: Command, final: Final): Datum {
    const [first, ...args] = command;
    if (!first) return undefined;
    if (first.kind === 'function') return this.#call(dot, first.name, args, final);
    if (first.kind === 'nil') throw new GoError('nil is not a command');
    if (args.length > 0 || final !== NOTHING) throw new GoError("can't give argument to non-function");
    return this.#operand(dot, first);
  }

  #operand(dot: Datum, operand: Operand): Datum {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return undefined;
      case 'constant':
        return operand.value;
      case 'field':
        return fieldOf(dot, operand.names);
      case 'variable':
        return fieldOf(this.#find(operand.name).value, operand.names);
      case 'function':
        return this.#call(dot, operand.name, [], NOTHING);
      case 'pipe':
        return this.#pipe(dot, operand.pipe);
      case 'chain':
        return fieldOf(this.#operand(dot, operand.node), operand.names);
    }
  }

  #call(dot: Datum, name: string, args: Command, final: Final): Datum {
    const known = FUNCTIONS.get(name);
    if (!known) throw new GoError(`"${name}" is not a defined function`);
    const count = args.length + (final === NOTHING ? 0 : 1);
    if (count < known.least || count > known.most) {
      throw new GoError(`wrong number of args for ${name}: want ${known.least} got ${count}`);
    }
    const values: Datum[] = [];
    for (const arg of args) {
      const value = this.#operand(dot, arg);
      if ((name === 'and' || name === 'or') && isTrue(value) === (name === 'or')) return value;
      values.push(value);
    }
    if (final !== NOTHING) values.push(final);
    return known.call(values, this.output);
  }
}

function fieldOf(receiver: Datum, names: readonly string[]): Datum {
  return names.reduce<Datum>((current, name) => {
    if (current === undefined) return undefined;
    if (current === null) throw new GoError(`nil pointer evaluating interface {}.${name}`);
    const object = objectOf(current);
    if (!object) throw new GoError(`can't evaluate field ${name} in type ${typeOf(current)}`);
    return get(object, name);
  }, receiver);
}
