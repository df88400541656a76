// npm run build: the libraries (libs/*/dist), the gateway (dist), then the demo (demo/dist).
import { build } from './lib/build.mjs';
import { root } from './lib/run.mjs';

build(root);
