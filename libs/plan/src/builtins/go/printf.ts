import type { Directive, PrintfArgument } from './printf-values.js';
import { describeArgument, formatArgument } from './printf-values.js';

export type { PrintfArgument } from './printf-values.js';

const LARGEST_SIZE = 1_000_000;

/** The callbacks of {@link goSprintf}. */
export interface PrintfLimits {
  /** Called with the length of each part before the part is added, so that the caller can stop a long text. */
  readonly onLength: (length: number) => void;
}

/** Go's `fmt.Sprintf`, for the argument types that OPA's `sprintf` passes. */
export function goSprintf(format: string, values: readonly PrintfArgument[], limits: PrintfLimits): string {
  return new Printer(format, values, limits).print();
}

function typeName(argument: PrintfArgument): string {
  return argument.type;
}

class Printer {
  private text = '';
  private index = 0;
  private argument = 0;
  private isReordered = false;
  private isGoodIndex = true;

  constructor(
    private readonly format: string,
    private readonly values: readonly PrintfArgument[],
    private readonly limits: PrintfLimits,
  ) {}

  print(): string {
    while (this.index < this.format.length) {
      const percent = this.format.indexOf('%', this.index);
      const end = percent < 0 ? this.format.length : percent;
      if (end > this.index) this.write(this.format.slice(this.index, end));
      this.index = end + 1;
      if (percent >= 0 && !this.printVerb()) {
        break;
      }
    }
    this.printExtra();
    return this.text;
  }

  private write(text: string): void {
    this.limits.onLength(text.length);
    this.text += text;
  }

  private peek(): string | undefined {
    return this.format[this.index];
  }

  /** The next code point. Empty at the end of the format. */
  private takeVerb(): string {
    const point = this.format.codePointAt(this.index);
    const verb = point === undefined ? '' : String.fromCodePoint(point);
    this.index += verb.length;
    return verb;
  }

  /** Prints one directive. Returns false at the end of the format. */
  private printVerb(): boolean {
    const directive = this.parseFlags();
    let afterIndex = this.parseIndex();
    afterIndex = this.parseWidth(directive, afterIndex);
    afterIndex = this.parsePrecision(directive, afterIndex);
    if (!afterIndex) {
      this.parseIndex();
    }
    const verb = this.takeVerb();
    if (verb === '') {
      this.write('%!(NOVERB)');
      return false;
    }
    const value = this.values[this.argument];
    if (verb === '%') {
      this.write('%');
    } else if (!this.isGoodIndex) {
      this.write(`%!${verb}(BADINDEX)`);
    } else if (value === undefined) {
      this.write(`%!${verb}(MISSING)`);
    } else {
      this.argument++;
      this.write(this.printArgument(value, verb, directive));
    }
    return true;
  }

  private printArgument(value: PrintfArgument, verb: string, directive: Directive): string {
    if (verb === 'v' || verb === 'w') {
      directive.sharpV = directive.sharp;
      directive.sharp = false;
      // Only a big integer, which has its own format, sees the flag.
      directive.plus &&= value.type === '*big.Int';
    }
    if (verb === 'T') {
      return formatArgument({ type: 'string', value: typeName(value) }, 's', directive) ?? '';
    }
    const text = verb === 'p' || verb === 'w' ? undefined : formatArgument(value, verb, directive);
    return text ?? `%!${verb}(${describeArgument(value, directive)})`;
  }

  private parseFlags(): Directive {
    this.isGoodIndex = true;
    const directive: Directive = {
      plus: false,
      minus: false,
      sharp: false,
      space: false,
      zero: false,
      sharpV: false,
      width: undefined,
      precision: undefined,
    };
    for (; ; this.index++) {
      switch (this.peek()) {
        case '#':
          directive.sharp = true;
          break;
        case '0':
          directive.zero = true;
          break;
        case '+':
          directive.plus = true;
          break;
        case '-':
          directive.minus = true;
          break;
        case ' ':
          directive.space = true;
          break;
        default:
          return directive;
      }
    }
  }

  private parseWidth(directive: Directive, afterIndex: boolean): boolean {
    if (this.peek() === '*') {
      this.index++;
      const width = this.takeSize();
      if (width === undefined) {
        this.write('%!(BADWIDTH)');
      } else {
        directive.width = Math.abs(width);
        if (width < 0) {
          directive.minus = true;
          directive.zero = false;
        }
      }
      return false;
    }
    directive.width = this.parseNumber();
    if (afterIndex && directive.width !== undefined) {
      this.isGoodIndex = false;
    }
    return afterIndex;
  }

  private parsePrecision(directive: Directive, afterIndex: boolean): boolean {
    if (this.peek() !== '.' || this.index + 1 >= this.format.length) {
      return afterIndex;
    }
    this.index++;
    if (afterIndex) {
      this.isGoodIndex = false;
    }
    const isIndexed = this.parseIndex();
    if (this.peek() !== '*') {
      directive.precision = this.parseNumber() ?? 0;
      return isIndexed;
    }
    this.index++;
    const precision = this.takeSize();
    if (precision === undefined || precision < 0) {
      this.write('%!(BADPREC)');
    } else {
      directive.precision = precision;
    }
    return false;
  }

  /** The next argument as a width or precision. */
  private takeSize(): number | undefined {
    const value = this.values[this.argument];
    if (value === undefined) {
      return undefined;
    }
    this.argument++;
    const isSize = value.type === 'int64' && value.value <= LARGEST_SIZE && value.value >= -LARGEST_SIZE;
    return isSize ? Number(value.value) : undefined;
  }

  /** A decimal number. As in Go, a number that is too large consumes the rest of the format. */
  private parseNumber(end = this.format.length): number | undefined {
    let number: number | undefined;
    for (; this.index < end; this.index++) {
      const digit = this.format[this.index] ?? '';
      if (!/^[0-9]$/.test(digit)) {
        break;
      }
      if ((number ?? 0) > LARGEST_SIZE) {
        this.index = end;
        return undefined;
      }
      number = (number ?? 0) * 10 + Number(digit);
    }
    return number;
  }

  /** An explicit index such as `[2]`. True when one was read. */
  private parseIndex(): boolean {
    if (this.peek() !== '[') {
      return false;
    }
    this.isReordered = true;
    const close = this.format.indexOf(']', this.index);
    if (this.format.length - this.index < 3 || close < 0) {
      this.isGoodIndex = false;
      this.index++;
      return false;
    }
    this.index++;
    const number = this.parseNumber(close);
    const isNumber = number !== undefined && this.index === close;
    this.index = close + 1;
    if (isNumber && number >= 1 && number <= this.values.length) {
      this.argument = number - 1;
      return true;
    }
    this.isGoodIndex = false;
    return isNumber;
  }

  private printExtra(): void {
    if (this.isReordered || this.argument >= this.values.length) {
      return;
    }
    const rest = this.values.slice(this.argument);
    const plain = new Printer('', [], this.limits).parseFlags();
    const extras = rest.map((value) => describeArgument(value, plain));
    this.write(`%!(EXTRA ${extras.join(', ')})`);
  }
}
