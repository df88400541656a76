import type { McpCall } from '../../protocol/call.js';
import type { BegunTask, TaskRecords } from '../records.js';
import { RedisCalls } from './redis-calls.js';
import { RedisReceivers } from './redis-receivers.js';
import type { RedisStore } from './redis-store.js';

/** The tasks in Redis, which all replicas share. */
export class RedisTasks implements TaskRecords {
  private readonly owners: RedisReceivers;
  private readonly calls: RedisCalls;

  constructor(private readonly store: RedisStore) {
    this.owners = new RedisReceivers(store, 'task');
    this.calls = new RedisCalls(store);
  }

  async note(subject: string, id: string, call?: McpCall): Promise<void> {
    await Promise.all([this.owners.note(subject, id), this.calls.add(this.record(subject, id), call)]);
  }

  async find(subject: string, id: string): Promise<BegunTask | undefined> {
    const record = await this.calls.read(this.record(subject, id));
    if (record === undefined) return undefined;
    // Nobody may read a result without the policies of all its calls; the task itself has an owner.
    if (record === 'incomplete')
      return (await this.owners.has(subject, id)) ? { calls: undefined } : undefined;
    return { calls: record.flatMap(({ call }) => call ?? []) };
  }

  isOthers(subject: string, id: string): Promise<boolean> {
    return this.owners.isOthers(subject, id);
  }

  private record(subject: string, id: string): string {
    return this.store.key('task-calls', subject, id);
  }
}
