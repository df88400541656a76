// npm run build: the library (libs/opa/dist), then the gateway (dist).
import { build } from './lib/build.mjs';
import { root } from './lib/run.mjs';

build(root);
