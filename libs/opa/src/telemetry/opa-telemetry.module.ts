import type { DynamicModule, OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { Inject, Module } from '@nestjs/common';
import { instrumentOpa } from './instrument-opa.js';
import type { OpaTelemetryOptions } from './telemetry-options.js';
import { TELEMETRY_OPTIONS } from './telemetry-options.js';

/**
 * Makes spans and metrics of decisions while the application runs. Needs the package `@opentelemetry/api`.
 *
 * @remarks Decisions of all applications in the process are observed, so import the module once in a process.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { OpaModule } from 'nestjs-opa';
 * import { OpaTelemetryModule } from 'nestjs-opa/telemetry';
 *
 * @Module({
 *   imports: [OpaModule.forRoot({ url: 'http://127.0.0.1:8181' }), OpaTelemetryModule.forRoot()],
 * })
 * export class AppModule {}
 * ```
 */
@Module({})
export class OpaTelemetryModule implements OnModuleInit, OnApplicationShutdown {
  private stop: (() => void) | undefined;

  constructor(@Inject(TELEMETRY_OPTIONS) private readonly options: OpaTelemetryOptions) {}

  /** Takes the providers. Default: the global providers at the start of the application. */
  static forRoot(options: OpaTelemetryOptions = {}): DynamicModule {
    return { module: OpaTelemetryModule, providers: [{ provide: TELEMETRY_OPTIONS, useValue: options }] };
  }

  /** Nest calls the method at the start. */
  onModuleInit(): void {
    this.stop = instrumentOpa(this.options);
  }

  /** Nest calls the method after the last request. `onModuleDestroy` would lose requests that still run. */
  onApplicationShutdown(): void {
    this.stop?.();
  }
}
