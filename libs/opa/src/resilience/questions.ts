import type { StoredAnswer } from './answer-store.js';

/** What the questions of one key that are under way share. */
interface Topic {
  askers: number;
  /** The number of the latest question that has been answered; 0 = none yet. */
  answered: number;
  /** What was kept of that answer. */
  kept: StoredAnswer | undefined;
}

/** The questions that are under way, so that of two answers to the same one the later asked holds. */
export class Questions {
  private readonly topics = new Map<string, Topic>();
  private asked = 0;

  /** To be ended by {@link Question.end}. */
  ask(key: string): Question {
    const topic = this.topics.get(key) ?? { askers: 0, answered: 0, kept: undefined };
    this.topics.set(key, topic);
    this.asked += 1;
    return new Question(key, this.asked, topic, this.topics);
  }

  /** Lets no question that is under way have a say any more. */
  forget(): void {
    this.topics.clear();
  }
}

/** One question that is under way. */
export class Question {
  constructor(
    readonly key: string,
    private readonly number: number,
    private readonly topic: Topic,
    private readonly topics: Map<string, Topic>,
  ) {
    topic.askers += 1;
  }

  /** Nothing was forgotten since it was asked. */
  get current(): boolean {
    return this.topics.get(this.key) === this.topic;
  }

  /** Its answer is to be kept: it is current, and no question that was asked after it has been answered. */
  get newest(): boolean {
    return this.current && this.number > this.topic.answered;
  }

  /** Notes what is kept of its answer; nothing when it isn't. */
  answered(kept: StoredAnswer | undefined): void {
    this.topic.answered = this.number;
    this.topic.kept = kept;
  }

  /** What is known by now, where `found` was known when it was asked. */
  known(found: StoredAnswer | undefined): StoredAnswer | undefined {
    if (!this.current) return undefined;
    return this.topic.answered === 0 ? found : this.topic.kept;
  }

  end(): void {
    this.topic.askers -= 1;
    if (this.topic.askers === 0 && this.current) this.topics.delete(this.key);
  }
}
