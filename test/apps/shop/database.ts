import type { OnApplicationBootstrap } from '@nestjs/common';
import { Injectable, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { hashOf } from './auth.js';
import { Order, User } from './entities.js';

@Injectable()
class Seed implements OnApplicationBootstrap {
  constructor(private readonly database: DataSource) {}

  async onApplicationBootstrap(): Promise<void> {
    const user = (email: string, roles: string[]) => ({ email, roles, passwordHash: hashOf(email) });
    const users = this.database.getRepository(User);
    const ada = await users.save(user('ada@example.com', ['buyer']));
    const alan = await users.save(user('alan@example.com', ['buyer']));
    await users.save(user('grace@example.com', ['buyer', 'auditor']));
    await this.database.getRepository(Order).save([
      { item: 'tea', cost: 3, owner: ada },
      { item: 'coffee', cost: 5, owner: alan },
    ]);
  }
}

/** A database in memory, with three users and two orders. */
@Module({
  imports: [TypeOrmModule.forRoot({ type: 'sqljs', entities: [User, Order], synchronize: true })],
  providers: [Seed],
})
export class DatabaseModule {}
