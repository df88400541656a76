import { Exclude, Expose } from 'class-transformer';
import { Column, CreateDateColumn, Entity, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';

@Entity()
export class User {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  email!: string;

  @Exclude()
  @Column()
  passwordHash!: string;

  @Column('simple-array')
  roles!: string[];

  /** A getter of the class, which only the class serializer publishes. */
  @Expose()
  get handle(): string {
    return `@${this.email.split('@')[0] ?? ''}`;
  }
}

@Entity()
export class Order {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  item!: string;

  @Column()
  cost!: number;

  @CreateDateColumn()
  createdAt!: Date;

  @ManyToOne(() => User, { eager: true, nullable: false })
  owner!: User;
}
