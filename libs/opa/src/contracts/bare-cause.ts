type Thrown = Readonly<Record<string, unknown>>;

/** How far an error's causes are looked through: they may go round in a circle. */
const MAX_DEPTH = 4;

/**
 * Gives what was thrown as the cause of an error, which loggers print whole. An error of axios holds its request, and so
 * the token and the input; of it, and of one that it is the cause of, no more than the bare error is left.
 */
export function bareCause(thrown: unknown): unknown {
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

// By `config`, for an answer of axios that was thrown holds its request too, as do the errors of other clients.
function holdsRequest(thrown: unknown, depth = 0): thrown is Thrown {
  if (!isFields(thrown) || depth > MAX_DEPTH) return false;
  if (thrown['isAxiosError'] === true || 'config' in thrown) return true;
  const { cause, errors } = thrown;
  return [cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])].some((inner) =>
    holdsRequest(inner, depth + 1),
  );
}

const isFields = (value: unknown): value is Thrown => typeof value === 'object' && value !== null;
