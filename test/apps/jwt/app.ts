import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { OpaGuard } from 'nestjs-opa';
import { AuthModule } from './auth.js';

const guarded = { provide: APP_GUARD, useExisting: OpaGuard };

/** Its guard runs after those of the modules that are imported before it. */
@Module({ providers: [guarded] })
export class AuthorizationModule {}

/** Tokens are verified before OPA is asked. */
@Module({ imports: [AuthModule, AuthorizationModule] })
export class JwtApp {}

/** A usual slip: the guards of the root module run before those of the modules that it imports. */
@Module({ imports: [AuthModule], providers: [guarded] })
export class SlippedJwtApp {}
