import { Logger } from '@nestjs/common';
import { messageOf } from '../contracts/index.js';

/** The state of an ioredis client, `Redis` or `Cluster`. */
export interface RedisState {
  /** The state of the connection. The client accepts commands while the state is `ready`. */
  readonly status: string;
}

/** How commands to Redis behave. */
export interface RedisCommandsOptions {
  /** The longest wait for a response, in milliseconds. */
  readonly timeout: number;
  /** What the failure of Redis stops, for the log, such as `requests with a limit are refused`. */
  readonly consequence: string;
}

/** Thrown when Redis did not carry out a command. The cause is in the log. */
export class RedisFailure extends Error {
  override readonly name = 'RedisFailure';
}

/**
 * Runs commands with a bounded wait. The log gets one line when Redis begins to fail, and one line when Redis works again.
 */
export class RedisCommands {
  private readonly logger = new Logger('Redis');
  private isFailing = false;

  constructor(
    private readonly client: RedisState,
    private readonly options: RedisCommandsOptions,
  ) {}

  /**
   * Runs a command.
   *
   * @throws RedisFailure when there is no connection, when Redis does not respond in time, and when Redis returns an
   * error
   */
  async run<T>(command: () => Promise<T>): Promise<T> {
    try {
      const result = await this.within(command);
      if (this.isFailing) this.logger.log('Redis works again.');
      this.isFailing = false;
      return result;
    } catch (cause) {
      const { consequence } = this.options;
      if (!this.isFailing) this.logger.error(`Redis failed, so ${consequence}: ${messageOf(cause)}`);
      this.isFailing = true;
      throw new RedisFailure('Redis did not carry out a command.', { cause });
    }
  }

  private async within<T>(command: () => Promise<T>): Promise<T> {
    const { status } = this.client;
    // A client without a connection would store the command until it has one.
    if (status !== 'ready') throw new Error(`the client has no connection (${status})`);
    const { timeout } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`Redis did not answer within ${timeout} ms`)), timeout);
    });
    try {
      return await Promise.race([command(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
