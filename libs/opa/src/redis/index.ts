export { RedisCommands, RedisFailure } from './redis-commands.js';
export type { RedisState } from './redis-commands.js';
