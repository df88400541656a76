import { upstreamUrl } from 'nestjs-opa-mcp/internal';
import { z } from 'zod';
import { filled } from './filled.js';
import { isNetwork } from './network.js';

const PREFIX = /^(\/[\w.~-]+)*\/?$/;
const PREFIX_RULE = 'a path of letters, digits, "-", ".", "_" and "~"';
const NETWORK_RULE = 'an IP address or a range such as 10.0.0.0/8';
const NETWORKS_RULE = `${NETWORK_RULE}, or a list of them`;

const network = z.string({ error: NETWORKS_RULE }).refine(isNetwork, { error: NETWORK_RULE });

/** Accepts the settings of the gateway's own server. */
export const listenSchema = z.strictObject({
  /** The address on which the gateway listens. Default: `127.0.0.1`. */
  host: filled.default('127.0.0.1'),
  /** The port; 0 lets the operating system choose a free port. Default: 3000. */
  port: z.int().min(0).max(65_535).default(3_000),
  /**
   * The URL under which clients reach the gateway, with the path prefix of a proxy. Default: the origin that a trusted
   * proxy names, or else the local address of the connection.
   */
  publicUrl: upstreamUrl
    .refine((url) => PREFIX.test(new URL(url).pathname), { error: PREFIX_RULE })
    .optional(),
  /**
   * The addresses of proxies in front of the gateway. The gateway believes the headers `X-Forwarded-For`,
   * `X-Forwarded-Proto` and `X-Forwarded-Host` of these addresses alone. Default: none.
   */
  trustProxy: z
    .union([network.transform((value) => [value]), z.array(network)], { error: NETWORKS_RULE })
    .default([]),
  /** The certificate and the private key, as PEM files. The gateway reads them again on change. Default: plain HTTP. */
  tls: z.strictObject({ cert: filled, key: filled }).optional(),
  /** The timeout until a whole request with its body has arrived, in milliseconds. Default: 30,000. */
  requestTimeout: z.int().min(1).max(2_147_483_647).default(30_000),
  /**
   * The limit for the headers of a request, and for the headers of an upstream's response, in bytes. Raise the limit for
   * tokens of more than 16 KB. Default: 16 KiB, as in Node.
   */
  maxHeaderBytes: z.int().min(1_024).max(1_048_576).default(16_384),
  /** The limit for all unanswered MCP messages in memory, in bytes. Default: 64 MiB. */
  maxBufferedBytes: z
    .int()
    .min(1)
    .default(64 * 1024 * 1024),
});
