import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import { Injectable, Module, UnauthorizedException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { OpaModule } from 'nestjs-opa';
import { McpGatewayModule } from 'nestjs-opa-mcp';

/** Verifies the bearer token, and stores the claims of the token in `request.user`. */
@Injectable()
export class JwtGuard implements CanActivate {
  constructor(private readonly tokens: JwtService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{
      headers: { authorization?: string };
      user?: object;
    }>();
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    try {
      request.user = await this.tokens.verifyAsync<{ sub: string }>(token);
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
}

const mcp = McpGatewayModule.forRootAsync({
  guards: [JwtGuard],
  guardImports: [JwtModule.register({ secret: process.env['JWT_SECRET'] ?? 'change me' })],
  useFactory: () => ({
    servers: [
      {
        name: 'orders', // served as /mcp/orders
        url: process.env['ORDERS_MCP_URL'] ?? 'http://127.0.0.1:4100/mcp',
        policy: 'mcp/request', // every request of a client
        list: 'mcp/tools', // which tools a client sees
      },
    ],
    authorizationServers: ['https://issuer.example'], // where clients get a token
  }),
});

const opa = OpaModule.forRootAsync({
  useFactory: () => ({ url: process.env['OPA_URL'] ?? 'http://127.0.0.1:8181' }),
});

@Module({ imports: [opa, mcp] })
export class AppModule {}

/** `rawBody` stores the bytes of each message: the MCP server gets the bytes that the policy decided about. */
export async function start(port: number): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule, { rawBody: true });
  await app.listen(port, '127.0.0.1');
  return app;
}
