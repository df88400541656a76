import { z } from 'zod';
import { parseOrigin } from 'nestjs-opa/internal';
import { duration } from './duration.js';

/** Converts a base URL to the module's `url`: without a last slash, and without `/v1/data`. */
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

/** A plugin's `config`: the connection to OPA. */
export const configSchema = z.strictObject({
  opa_base_url: z
    .string({ error: address })
    .refine(isAddress, { error: address })
    .transform(addressOf)
    .nullish(),
  /** The number of tries, including the first. */
  opa_client_retries: count.nullish(),
  /** The timeout of a whole decision. */
  opa_client_timeout: duration.nullish(),
  /** The number of idle sockets that stay open. */
  opa_client_max_keepalive: count.nullish(),
  opa_client_max_connections: count.nullish(),
  /** The pool closes a socket that has been idle for this time. */
  opa_client_keepalive_expiry: duration.nullish(),
});

/** A plugin's checked `config`, with times in milliseconds. */
export type PluginConfig = z.infer<typeof configSchema>;
