// Builds the dist of the library in libs/NAME (default: opa): two passes of tsc. The CommonJS one is not type-checked:
// it is the same source, and axios' CommonJS types don't agree with those that @nestjs/axios is compiled against.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const lib = join(import.meta.dirname, '..', 'libs', process.argv[2] ?? 'opa');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(join(lib, 'dist'), { recursive: true, force: true });
for (const pass of ['esm', 'cjs']) {
  execFileSync(process.execPath, [tsc, '-p', join(lib, `tsconfig.${pass}.json`)], {
    stdio: 'inherit',
  });
}
writeFileSync(join(lib, 'dist', 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
