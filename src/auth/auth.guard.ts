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

/** The injection token of the {@link Authentication} that {@link AuthGuard} uses. */
export const AUTHENTICATION = Symbol('gateway:authentication');

/** The settings of {@link AuthGuard}. Without a verifier every request is anonymous. */
export interface Authentication {
  readonly verifier?: TokenVerifier | undefined;
  /** Whether the guard lets a request without a token pass. */
  readonly anonymous: boolean;
}

/** A request after {@link AuthGuard}. A request without `user` is anonymous. */
export type UserRequest = FastifyRequest & {
  user?: Subject | undefined;
  /** The claims of the user's token, unchanged. */
  claims?: Claims | undefined;
};

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** Authenticates a request before OPA decides it. The guard sets `user` from a valid token. */
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
      // For another scheme than Bearer the guard verifies an empty token, which the verifier refuses.
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
