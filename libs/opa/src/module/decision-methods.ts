import type { OnModuleInit } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { OpaDecisionEvent } from '../contracts/index.js';
import { isPromise, messageOf, OpaError } from '../contracts/index.js';
import { listensToDecisions } from '../decorators/index.js';
import type { DecisionListener, DecisionListeners } from '../observability/index.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Method = (event: OpaDecisionEvent) => unknown;

/** Finds the methods with `@OnOpaDecision()`, and lets them listen to the decisions of one module instance. */
export class DecisionMethods implements OnModuleInit {
  private readonly logger = new Logger('OpaDecisionEvents');

  constructor(
    private readonly listeners: DecisionListeners,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` for a listener that is not a singleton */
  onModuleInit(): void {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    // An alias (useExisting) provides the same instance again.
    const byInstance = new Map(wrappers.map((wrapper) => [instanceOf(wrapper), wrapper]));
    for (const [instance, wrapper] of byInstance) if (instance !== undefined) this.add(instance, wrapper);
  }

  private add(instance: Readonly<Record<string, unknown>>, wrapper: Wrapper): void {
    for (const key of this.scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object)) {
      if (!listensToDecisions(instance[key])) continue;
      const name = `${wrapper.name}.${key}`;
      if (wrapper.isTransient || !wrapper.isDependencyTreeStatic())
        throw new OpaError(
          'OPA_BAD_OPTIONS',
          `@OnOpaDecision() on ${name}: the provider is not a singleton; give it the default scope.`,
        );
      this.listeners.add(this.guarded(name, (event) => (instance[key] as Method).call(instance, event)));
    }
  }

  /** Logs what a method throws, so that the method can't change a decision. */
  private guarded(name: string, call: Method): DecisionListener {
    const failed = (error: unknown): void =>
      this.logger.error(`@OnOpaDecision() on ${name} failed: ${messageOf(error)}`);
    return (event) => {
      try {
        const pending = call(event);
        if (isPromise(pending)) pending.then(undefined, failed);
      } catch (error) {
        failed(error);
      }
    };
  }
}

function instanceOf({ instance }: Wrapper): Readonly<Record<string, unknown>> | undefined {
  return typeof instance === 'object' && instance !== null
    ? (instance as Readonly<Record<string, unknown>>)
    : undefined;
}
