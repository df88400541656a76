import { Injectable, Module } from '@nestjs/common';

/** A user of the application. */
export interface User {
  readonly userId: number;
  readonly username: string;
  readonly password: string;
  readonly roles: readonly string[];
}

const USERS: readonly User[] = [
  { userId: 1, username: 'john', password: 'changeme', roles: ['reader'] },
  { userId: 2, username: 'maria', password: 'guess', roles: ['reader', 'admin'] },
];

@Injectable()
export class UsersService {
  findOne(username: string): User | undefined {
    return USERS.find((user) => user.username === username);
  }
}

@Module({ providers: [UsersService], exports: [UsersService] })
export class UsersModule {}
