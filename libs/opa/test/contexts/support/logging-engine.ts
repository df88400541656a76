import type { EngineAnswer } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

/** Gives each answer an id, as an OPA does that logs its decisions. */
export class LoggingEngine extends TestEngine {
  override async evaluate(...query: Parameters<TestEngine['evaluate']>): Promise<EngineAnswer> {
    return { ...(await super.evaluate(...query)), id: 'd-1' };
  }
}
