import type { Decision, MaybePromise, OpaDecisionEvent, OpaError } from '../contracts/index.js';
import { decisionChannel, isPromise } from '../contracts/index.js';
import type { DecisionStart } from './decision-recording.js';
import { DecisionRecording } from './decision-recording.js';

/** A function that listens to decisions. It must not throw. */
export type DecisionListener = (event: OpaDecisionEvent) => void;

/** The functions that listen to the decisions of an application. */
export type DecisionListeners = Set<DecisionListener>;

/** Publishes the decisions of one module instance: on the channel `opa.decision`, and to the application's listeners. */
export class DecisionEvents {
  /**
   * @param instance - the name of the module instance
   * @param engine - the name of its engine
   * @param listeners - may grow later
   */
  constructor(
    private readonly instance: string,
    private readonly engine: string,
    readonly listeners: DecisionListeners = new Set(),
  ) {}

  /** Begins the recording of a decision; `undefined` when nobody listens. */
  begin(start: DecisionStart): DecisionRecording | undefined {
    if (this.listeners.size === 0 && !decisionChannel.hasSubscribers) return undefined;
    return new DecisionRecording(this.instance, this.engine, start);
  }

  /**
   * Makes a decision, and publishes its event.
   *
   * @param make - makes the decision, and stores it in the recording
   */
  observe<T>(recording: DecisionRecording, make: () => MaybePromise<T>): MaybePromise<T> {
    return decisionChannel.start.runStores(recording, () => {
      let made: MaybePromise<T>;
      try {
        made = make();
      } catch (error) {
        this.failed(recording, error);
        decisionChannel.end.publish(recording);
        throw error;
      }
      if (isPromise(made)) {
        recording.isAsync = true;
        decisionChannel.end.publish(recording);
        return this.later(recording, Promise.resolve(made));
      }
      this.done(recording);
      decisionChannel.end.publish(recording);
      return made;
    });
  }

  /**
   * Publishes the event of a request about which no engine was asked.
   *
   * @param decision - the denial; `undefined` when there is no decision
   * @param error - why there is no decision
   */
  refused(start: DecisionStart, decision: Decision | undefined, error?: OpaError): void {
    const recording = this.begin(start);
    if (recording === undefined) return;
    decisionChannel.start.publish(recording);
    if (decision === undefined) this.failed(recording, error);
    else {
      recording.decided(decision, error);
      this.done(recording);
    }
    decisionChannel.end.publish(recording);
  }

  private later<T>(recording: DecisionRecording, made: Promise<T>): Promise<T> {
    const ended = (): void => {
      decisionChannel.asyncStart.publish(recording);
      decisionChannel.asyncEnd.publish(recording);
    };
    return made.then(
      (value) => {
        this.done(recording);
        ended();
        return value;
      },
      (error: unknown) => {
        this.failed(recording, error);
        ended();
        throw error;
      },
    );
  }

  private done(recording: DecisionRecording): void {
    recording.end();
    for (const listener of this.listeners) listener(recording);
  }

  private failed(recording: DecisionRecording, error: unknown): void {
    recording.failed(error);
    decisionChannel.error.publish(recording);
    this.done(recording);
  }
}
