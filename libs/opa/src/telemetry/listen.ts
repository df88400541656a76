import type { Channel } from 'node:diagnostics_channel';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { diag } from '@opentelemetry/api';
import type { OpaDecisionEvent } from '../contracts/index.js';
import { onOpaDecision } from '../contracts/index.js';

/**
 * Subscribes to a channel.
 *
 * @returns a function that ends the subscription
 */
export function listen<T>(channel: Channel<unknown, T>, listener: (event: T) => void): () => void {
  const safe = withoutThrow(listener);
  const call = (message: unknown): void => safe(message as T);
  subscribe(channel.name, call);
  return () => void unsubscribe(channel.name, call);
}

/** Subscribes to decisions that are made or have failed. */
export const listenToDecisions = (listener: (event: OpaDecisionEvent) => void): (() => void) =>
  onOpaDecision(withoutThrow(listener));

// Node ends the process when a subscriber throws. A span processor or propagator of the application may throw.
function withoutThrow<T>(listener: (event: T) => void): (event: T) => void {
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      diag.error('nestjs-opa/telemetry: a decision has no complete span or metric.', error);
    }
  };
}
