type Thrown = Readonly<Record<string, unknown>>;

/**
 * Gives what was thrown as the cause of an error, which loggers print whole. An error of axios holds its request, and so
 * the token and the input; of it, and of one that it is the cause of, no more than the bare error is left.
 */
export function redactCause(thrown: unknown): unknown {
  if (!holdsRequest(thrown)) return thrown;
  const { name, message, code, status, stack } = thrown;
  const bare = new Error(typeof message === 'string' ? message : 'An HTTP request failed.');
  if (typeof stack === 'string') bare.stack = stack;
  return Object.assign(bare, {
    ...(typeof name === 'string' && { name }),
    ...(typeof code === 'string' && { code }),
    ...(typeof status === 'number' && { status }),
  });
}

// By `config` and `request`, for an answer of axios that was thrown holds its request too, as do the errors of other
// clients. Causes may go round in a circle.
function holdsRequest(thrown: unknown, seen = new Set<unknown>()): thrown is Thrown {
  if (!isFields(thrown) || seen.has(thrown)) return false;
  seen.add(thrown);
  if (thrown['isAxiosError'] === true || 'config' in thrown || 'request' in thrown) return true;
  const { cause, errors } = thrown;
  return [cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])].some((inner) =>
    holdsRequest(inner, seen),
  );
}

const isFields = (value: unknown): value is Thrown => typeof value === 'object' && value !== null;
