import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Tracer } from '@opentelemetry/api';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { Test } from '@nestjs/testing';
import { OpaModule, OpaService } from 'nestjs-opa';
import { instrumentOpa } from 'nestjs-opa/telemetry';
import { httpServer } from '../support.js';

afterEach(() => diag.disable());

const failing = (): never => {
  throw new Error('tracer');
};

describe('a tracer that throws', () => {
  it('changes no decision, and reaches the diagnostic log of OpenTelemetry', async () => {
    const error = jest.fn();
    const silent = (): void => undefined;
    diag.setLogger({ error, warn: silent, info: silent, debug: silent, verbose: silent }, DiagLogLevel.ERROR);
    const uncaught = jest.fn();
    process.on('uncaughtException', uncaught);
    const opa = await httpServer((_request, response) => response.end('{"result":true}'));
    const tracer: Tracer = { startSpan: failing, startActiveSpan: failing };
    const stop = instrumentOpa({ tracerProvider: { getTracer: () => tracer } });
    const app = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ url: opa.url, audit: false })],
    }).compile();
    await expect(app.get(OpaService).decide({ policy: 'p', input: {} })).resolves.toMatchObject({
      allowed: true,
    });
    stop();
    await app.close();
    await opa.close();
    process.off('uncaughtException', uncaught);
    expect(uncaught).not.toHaveBeenCalled();
    // The decision and the request.
    expect(error).toHaveBeenCalledTimes(2);
  });
});
