import type { TracerProvider } from '@opentelemetry/api';
import { context, propagation, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';

/** An OpenTelemetry SDK that keeps everything in memory. */
export interface TestSdk {
  readonly tracerProvider: TracerProvider;
  readonly meterProvider: MeterProvider;
  /** The finished spans with this name. */
  spans(name: string): readonly ReadableSpan[];
  /** The points of a metric. */
  points(name: string): Promise<readonly Point[]>;
  close(): Promise<void>;
}

/** One point of a metric. */
export interface Point {
  readonly attributes: object;
  readonly value: unknown;
}

/** Starts the SDK as an application does: global context manager and W3C propagators. */
export function startSdk(): TestSdk {
  const spanExporter = new InMemorySpanExporter();
  const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] });
  tracerProvider.register();
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 1e9 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  return {
    tracerProvider,
    meterProvider,
    spans: (name) => spanExporter.getFinishedSpans().filter((span) => span.name === name),
    async points(name) {
      await meterProvider.forceFlush();
      const metrics =
        metricExporter
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
      return metrics
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap<Point>(({ dataPoints }) => dataPoints);
    },
    async close() {
      trace.disable();
      context.disable();
      propagation.disable();
      await tracerProvider.shutdown();
      await meterProvider.shutdown();
    },
  };
}

/** The ids of a span, and of its parent. */
export const idsOf = (span: ReadableSpan | undefined): object => ({
  traceId: span?.spanContext().traceId,
  spanId: span?.spanContext().spanId,
  parentId: span?.parentSpanContext?.spanId,
});
