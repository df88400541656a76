import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EngineAnswer, OpaError, PolicyEngine } from 'nestjs-opa';

type Message =
  | { readonly type: 'question'; readonly id: number; readonly policy: string; readonly input: unknown }
  | { readonly type: 'called'; readonly name: string }
  | { readonly type: 'started' | 'routes' | 'closed'; readonly value: unknown };

/** The test's side of an application in a running child process. */
export interface ChildApplication<Started> {
  /** What the application says of itself once it runs. */
  readonly started: Started;
  /** Sends a command and waits for its value. */
  ask(command: 'routes'): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * A process for applications of a library that is CommonJS and requires an ESM Nest: Node can do that, and Jest can't.
 * The test's engine decides, over the channel of the process.
 */
export class ChildHost {
  private child: ChildProcess | undefined;

  /** @param fixture - the file in `fixtures/` that the process runs */
  constructor(private readonly fixture: string) {}

  /**
   * Starts an application.
   *
   * @param settings - what the fixture's command `start` takes
   * @param called - told each handler that runs
   */
  async start<Started>(
    engine: PolicyEngine,
    settings: object,
    called: (handler: never) => void,
  ): Promise<ChildApplication<Started>> {
    const child = (this.child ??= fork(join(import.meta.dirname, '../fixtures', this.fixture), {
      execArgv: [],
    }));
    const serve = (message: Message): void => {
      if (message.type === 'called') called(message.name as never);
      if (message.type === 'question') void decide(child, engine, message);
    };
    child.on('message', serve);
    return {
      started: (await request(child, { ...settings, type: 'start' }, 'started')) as Started,
      ask: (command) => request(child, { type: command }, command),
      close: async () => {
        await request(child, { type: 'close' }, 'closed');
        child.off('message', serve);
      },
    };
  }

  /** Ends the process; for `afterAll`. */
  async stop(): Promise<void> {
    if (this.child === undefined) return;
    const exit = once(this.child, 'exit');
    this.child.disconnect();
    this.child = undefined;
    await exit;
  }
}

function request(child: ChildProcess, command: object, reply: Message['type']): Promise<unknown> {
  return new Promise((resolve) => {
    const listen = (message: Message): void => {
      if (message.type !== reply) return;
      child.off('message', listen);
      resolve((message as { value: unknown }).value);
    };
    child.on('message', listen);
    child.send(command);
  });
}

async function decide(
  child: ChildProcess,
  engine: PolicyEngine,
  { id, policy, input }: Extract<Message, { type: 'question' }>,
): Promise<void> {
  try {
    const answer: EngineAnswer = await engine.evaluate({ policy, input }, { deadline: Infinity });
    child.send({ type: 'answer', id, answer });
  } catch (error) {
    const { code, message, retryAfterMs } = error as OpaError;
    child.send({ type: 'answer', id, code, message, retryAfterMs });
  }
}
