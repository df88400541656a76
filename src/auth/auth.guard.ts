import { Logger, ServiceUnavailableException, UnauthorizedException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerTokenOf } from 'nestjs-opa-mcp/internal';
import { KeysUnavailableError } from './key-set.js';
import { userOf } from './subject.js';
import type { Claims, Subject } from './subject.js';
import { InvalidTokenError } from './token-verifier.js';
import type { TokenVerifier } from './token-verifier.js';

/** The settings of {@link AuthGuard}. Without a verifier every request is anonymous. */
export interface Authentication {
  readonly verifier?: TokenVerifier | undefined;
  /** Whether the guard lets a request without a token pass. */
  readonly anonymous: boolean;
  /** The audiences of which a token must have at least one. */
  readonly audience: readonly string[];
  /** The scopes that the guard names in a 401. */
  readonly scopes: readonly string[];
}

/** What an entry of the gateway's file sets for its own requests, instead of {@link Authentication}. */
export interface EntryAuthentication {
  readonly audience?: readonly string[] | undefined;
  readonly scopes?: readonly string[] | undefined;
}

/** A request after {@link AuthGuard}. A request without `user` is anonymous. */
export type UserRequest = FastifyRequest & {
  user?: Subject | undefined;
  /** The claims of the user's token, unchanged. */
  claims?: Claims | undefined;
};

/** Authenticates a request before OPA decides it. The guard sets `user` from a valid token. */
export class AuthGuard implements CanActivate {
  private readonly logger = new Logger('Auth');

  /**
   * @param authentication - the settings that all entries share
   * @param entryOf - finds the entry of a request
   */
  constructor(
    private readonly authentication: Authentication,
    private readonly entryOf: (request: UserRequest) => EntryAuthentication | undefined = () => undefined,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { verifier, anonymous } = this.authentication;
    if (!verifier) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<UserRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { audience, scopes } = this.rulesFor(request);
    const { authorization } = request.headers;
    if (authorization === undefined) {
      if (anonymous) return true;
      throw refusal(reply, scopes, 'A token is needed');
    }
    try {
      // For another scheme than Bearer the guard verifies an empty token, which the verifier refuses.
      request.claims = await verifier.verify(bearerTokenOf({ authorization }) ?? '', audience);
      request.user = userOf(request.claims);
    } catch (error) {
      if (error instanceof InvalidTokenError) {
        throw refusal(reply, scopes, 'The token is not valid', 'invalid_token');
      }
      if (!(error instanceof KeysUnavailableError)) throw error;
      this.logger.error(`${error.message}: ${reasonOf(error.cause)}`);
      throw new ServiceUnavailableException('Tokens cannot be checked now');
    }
    return true;
  }

  private rulesFor(request: UserRequest): Pick<Authentication, 'audience' | 'scopes'> {
    const { audience, scopes } = this.authentication;
    const entry = this.entryOf(request);
    return { audience: entry?.audience ?? audience, scopes: entry?.scopes ?? scopes };
  }
}

/** Sets the challenge of a 401 (RFC 6750, 3). */
function refusal(
  reply: FastifyReply,
  scopes: readonly string[],
  message: string,
  error?: string,
): UnauthorizedException {
  const parameters = [
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(scopes.length === 0 ? [] : [`scope="${scopes.join(' ')}"`]),
  ];
  reply.header('www-authenticate', ['Bearer', parameters.join(', ')].join(' ').trim());
  return new UnauthorizedException(message);
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : 'unknown error');
