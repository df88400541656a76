import type { CanActivate, ExecutionContext } from '@nestjs/common';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Injectable,
  Module,
  Post,
  Request,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { OpaPolicy } from 'nestjs-opa';
import { IS_PUBLIC_KEY, Public } from './public.js';
import { UsersModule, UsersService } from './users.js';

/** What the token says of its user. */
export interface Claims {
  readonly sub: number;
  readonly username: string;
  readonly roles: readonly string[];
}

interface AuthenticatedRequest {
  readonly headers: { readonly authorization?: string };
  user?: Claims;
}

@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersService,
    private readonly tokens: JwtService,
  ) {}

  async signIn(username: string, password: string): Promise<{ access_token: string }> {
    const user = this.users.findOne(username);
    if (user?.password !== password) throw new UnauthorizedException();
    const claims: Claims = { sub: user.userId, username, roles: user.roles };
    return { access_token: await this.tokens.signAsync(claims) };
  }
}

/** Verifies the bearer token of every request but the public handlers'. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly tokens: JwtService,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const marked = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC_KEY, marked)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const [type, token] = request.headers.authorization?.split(' ') ?? [];
    if (type !== 'Bearer' || token === undefined) throw new UnauthorizedException();
    try {
      request.user = await this.tokens.verifyAsync<Claims>(token);
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
}

interface SignIn {
  readonly username: string;
  readonly password: string;
}

@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Public()
  @HttpCode(200)
  @Post('login')
  signIn(@Body() { username, password }: SignIn) {
    return this.auth.signIn(username, password);
  }

  @Get('profile')
  @OpaPolicy('profiles/read')
  profile(@Request() request: AuthenticatedRequest) {
    return request.user;
  }

  @Get('admin')
  @OpaPolicy('profiles/administer')
  administer() {
    return { users: 2 };
  }

  @Get('undeclared')
  undeclared() {
    return 'nobody has said who may read this';
  }
}

@Module({
  imports: [
    UsersModule,
    JwtModule.register({ secret: 'for tests alone', signOptions: { expiresIn: '60s' } }),
  ],
  providers: [AuthService, AuthGuard, { provide: APP_GUARD, useExisting: AuthGuard }],
  controllers: [AuthController],
  exports: [AuthGuard],
})
export class AuthModule {}
