// Asks the OPA that is given while this process has no file descriptor left, and again afterwards. What came of it
// stands on stdout as JSON. It ends by itself only when the module leaves neither a socket nor a timer.
import 'reflect-metadata';

import { closeSync, openSync } from 'node:fs';
import { Test } from '@nestjs/testing';
import { OpaModule, OpaService } from 'nestjs-opa';

const [url] = process.argv.slice(2);
const options = {
  url,
  policy: 'a/b',
  timeout: 5_000,
  retry: false,
  circuitBreaker: false,
  onUnavailable: 'allow',
};
const module = await Test.createTestingModule({ imports: [OpaModule.forRoot(options)] }).compile();
await module.init();
const opa = module.get(OpaService);

const outcomes = async () => {
  const decisions = Array.from({ length: 20 }, (_, input) => opa.decide({ input }));
  const settled = await Promise.allSettled(decisions);
  return settled.map(({ value, reason }) => value?.outcome ?? `${reason.code} ${reason.cause?.code}`);
};

const taken = takeAll();
const exhausted = await outcomes();
for (const descriptor of taken) closeSync(descriptor);
const recovered = await outcomes();
const { sockets, waiting } = opa.stats();
await module.close();
process.stdout.write(JSON.stringify({ exhausted, recovered, inUse: sockets.inUse, waiting }));

function takeAll() {
  const descriptors = [];
  for (;;) {
    try {
      descriptors.push(openSync('/dev/null'));
    } catch (error) {
      if (error.code !== 'EMFILE') throw error;
      return descriptors;
    }
  }
}
