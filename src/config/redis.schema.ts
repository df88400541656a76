import { z } from 'zod';

const URL_RULE = 'a redis:// or rediss:// URL';

/** Accepts the Redis that the replicas of a gateway share. */
export const redisSchema = z.strictObject({
  /** The URL of the Redis server, such as `redis://user:password@redis.example:6379/0`; `rediss:` uses TLS. */
  url: z
    .string({ error: URL_RULE })
    .refine((url) => URL.canParse(url) && /^rediss?:\/\/[^/]/.test(url), { error: URL_RULE }),
});
