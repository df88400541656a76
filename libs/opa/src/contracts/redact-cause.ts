type Thrown = Readonly<Record<string, unknown>>;

/**
 * Makes a thrown value safe to be the cause of an error, because loggers print causes completely.
 *
 * @remarks An axios error holds its request, and with the request the token and the input. Such an error, or an error
 * caused by such an error, is replaced by an error with the same name, message, code, status and stack.
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

// `config` and `request` are checked too: a thrown axios response holds its request, and so do the errors of other
// HTTP clients. Causes may refer back to each other.
function holdsRequest(thrown: unknown, visited = new Set<unknown>()): thrown is Thrown {
  if (!isFields(thrown) || visited.has(thrown)) return false;
  visited.add(thrown);
  if (thrown['isAxiosError'] === true || 'config' in thrown || 'request' in thrown) return true;
  const { cause, errors } = thrown;
  return [cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])].some((inner) =>
    holdsRequest(inner, visited),
  );
}

const isFields = (value: unknown): value is Thrown => typeof value === 'object' && value !== null;
