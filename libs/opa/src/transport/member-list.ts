/** What a {@link MemberList} keeps in each of its members. */
export interface Listed<T extends Listed<T>> {
  list?: MemberList<T> | undefined;
  previous?: T | undefined;
  next?: T | undefined;
}

/**
 * Members in the order in which they came, each in one list at the most.
 *
 * @remarks Not a `Set`: V8's moves to a new table every few additions, and the old tables point to the new ones. Once a
 * dead table has grown old, the garbage collector keeps all that follow, with the exchanges in them.
 */
export class MemberList<T extends Listed<T>> {
  private head: T | undefined;
  private tail: T | undefined;
  private count = 0;

  get first(): T | undefined {
    return this.head;
  }

  get last(): T | undefined {
    return this.tail;
  }

  get size(): number {
    return this.count;
  }

  add(member: T): void {
    member.list = this;
    member.previous = this.tail;
    if (this.tail === undefined) this.head = member;
    else this.tail.next = member;
    this.tail = member;
    this.count += 1;
  }

  /** Takes a member out; `false` when it isn't in this list. */
  delete(member: T): boolean {
    if (member.list !== this) return false;
    const { previous, next } = member;
    if (previous === undefined) this.head = next;
    else previous.next = next;
    if (next === undefined) this.tail = previous;
    else next.previous = previous;
    member.list = member.previous = member.next = undefined;
    this.count -= 1;
    return true;
  }

  /** The members of this moment. */
  all(): T[] {
    const members: T[] = [];
    for (let member = this.head; member !== undefined; member = member.next) members.push(member);
    return members;
  }
}
