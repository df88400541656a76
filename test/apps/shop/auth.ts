import {
  Controller,
  HttpCode,
  Injectable,
  Module,
  Post,
  Req,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { createHash } from 'node:crypto';
import { OpaPublic } from 'nestjs-opa';
import { ExtractJwt, Strategy as BearerStrategy } from 'passport-jwt';
import { Strategy as PasswordStrategy } from 'passport-local';
import { Repository } from 'typeorm';
import { User } from './entities.js';

const secret = 'for tests alone';

/** A stand-in for a real password hash, which would be slow on purpose. */
export const hashOf = (password: string) => createHash('sha256').update(password).digest('hex');

@Injectable()
export class LocalStrategy extends PassportStrategy(PasswordStrategy) {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {
    super({ usernameField: 'email' });
  }

  async validate(email: string, password: string): Promise<User> {
    const user = await this.users.findOneBy({ email });
    if (user?.passwordHash !== hashOf(password)) throw new UnauthorizedException();
    return user;
  }
}

@Injectable()
export class JwtStrategy extends PassportStrategy(BearerStrategy) {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: secret });
  }

  /** The subject of every decision: the user as the database has it now. */
  validate({ sub }: { sub: number }): Promise<User | null> {
    return this.users.findOneBy({ id: sub });
  }
}

@Controller('login')
export class LoginController {
  constructor(private readonly tokens: JwtService) {}

  @Post()
  @HttpCode(200)
  @OpaPublic()
  @UseGuards(AuthGuard('local'))
  login(@Req() { user }: { user: User }) {
    return { token: this.tokens.sign({ sub: user.id }) };
  }
}

@Module({
  imports: [PassportModule, JwtModule.register({ secret }), TypeOrmModule.forFeature([User])],
  providers: [LocalStrategy, JwtStrategy],
  controllers: [LoginController],
})
export class AuthModule {}
