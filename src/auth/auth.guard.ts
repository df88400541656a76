import {
  Inject,
  Injectable,
  Logger,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { KeysUnavailableError } from './key-set.js';
import { userOf } from './subject.js';
import type { Claims, Subject } from './subject.js';
import { InvalidTokenError } from './token-verifier.js';
import type { TokenVerifier } from './token-verifier.js';

/** The token of what {@link AuthGuard} does. */
export const AUTHENTICATION = Symbol('gateway:authentication');

/** What the guard does; without a verifier everyone is anonymous. */
export interface Authentication {
  readonly verifier?: TokenVerifier | undefined;
  /** Whether a request without a token passes. */
  readonly anonymous: boolean;
}

/** A request whose user is known; without one it is anonymous. */
export type UserRequest = FastifyRequest & {
  user?: Subject | undefined;
  /** The claims of the user's token, as it has them. */
  claims?: Claims | undefined;
};

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** Finds out who asks, before any policy is asked: the user of a valid token, or nobody. */
@Injectable()
export class AuthGuard implements CanActivate {
  private readonly logger = new Logger('Auth');

  constructor(@Inject(AUTHENTICATION) private readonly authentication: Authentication) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { verifier, anonymous } = this.authentication;
    if (!verifier) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<UserRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { authorization } = request.headers;
    if (authorization === undefined) {
      if (anonymous) return true;
      throw refusal(reply, 'Bearer', 'A token is needed');
    }
    try {
      // What isn't a bearer token is checked, and refused, as one.
      request.claims = await verifier.verify(BEARER.exec(authorization)?.[1] ?? '');
      request.user = userOf(request.claims);
    } catch (error) {
      if (error instanceof InvalidTokenError) {
        throw refusal(reply, 'Bearer error="invalid_token"', 'The token is not valid');
      }
      if (!(error instanceof KeysUnavailableError)) throw error;
      this.logger.error(`${error.message}: ${reasonOf(error.cause)}`);
      throw new ServiceUnavailableException('Tokens cannot be checked now');
    }
    return true;
  }
}

function refusal(reply: FastifyReply, challenge: string, message: string): UnauthorizedException {
  reply.header('www-authenticate', challenge);
  return new UnauthorizedException(message);
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : 'unknown error');
