import type { EngineAnswer } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

/** An engine that adds an id to each result, as OPA does when decision logs are on. */
export class LoggingEngine extends TestEngine {
  override async evaluate(...query: Parameters<TestEngine['evaluate']>): Promise<EngineAnswer> {
    return { ...(await super.evaluate(...query)), id: 'd-1' };
  }
}
