import { z } from 'zod';
import { parseOrigin } from 'nestjs-opa/internal';
import { duration } from './duration.js';

/** The address that the module takes: a base URL with or without its last slash, with or without `/v1/data`. */
export function addressOf(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '').replace(/\/v1\/data$/, '');
}

const address = 'an address: http://, https:// or unix:///path, without user, password, query and fragment';

function isAddress(text: string): boolean {
  try {
    return parseOrigin(addressOf(text)).url !== '';
  } catch {
    return false;
  }
}

const COUNT = 'a whole number of at least 1';
const count = z.int({ error: COUNT }).min(1, { error: COUNT });

/** A plugin's `config`: how OPA is asked. */
export const configSchema = z.strictObject({
  opa_base_url: z
    .string({ error: address })
    .refine(isAddress, { error: address })
    .transform(addressOf)
    .nullish(),
  /** Tries, the first included. */
  opa_client_retries: count.nullish(),
  /** The time for a whole decision. */
  opa_client_timeout: duration.nullish(),
  /** Idle sockets kept. */
  opa_client_max_keepalive: count.nullish(),
  opa_client_max_connections: count.nullish(),
  /** An idle socket is closed after this. */
  opa_client_keepalive_expiry: duration.nullish(),
});

/** A plugin's `config`, with times in milliseconds. */
export type PluginConfig = z.infer<typeof configSchema>;
