import { Module } from '@nestjs/common';
import { AuthModule } from './auth.js';
import { DatabaseModule } from './database.js';
import { LeakingModule, OrdersModule } from './orders.js';

@Module({ imports: [DatabaseModule, AuthModule, OrdersModule] })
export class ShopApp {}

@Module({ imports: [DatabaseModule, AuthModule, LeakingModule] })
export class LeakingShopApp {}
