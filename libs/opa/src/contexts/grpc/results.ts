import { patternsOf } from '../microservice.js';
import type { ResultRules } from '../result-rules.js';

// The value of `streaming` in a pattern of @GrpcStreamCall.
const STREAM_CALL = 'pt_stream';

/** The results of gRPC methods: each value of an Observable is a message of the stream. */
export const grpcResults: ResultRules = {
  leaves: () => 'each',
  isReplyBody: false,
  globalInterceptorsRun: false,
  isEditable: (context) => !writesStreamItself(context.getHandler()),
};

/** Tells whether a method writes to the stream itself, by `@GrpcStreamCall()`. */
export function writesStreamItself(method: object): boolean {
  return patternsOf(method).some(
    (pattern) => (pattern as { streaming?: unknown } | null)?.streaming === STREAM_CALL,
  );
}
