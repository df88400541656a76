import { clearTimeout, setTimeout } from 'node:timers';
import { openHttp } from '../clients/http.mjs';
import { clients } from '../lib/clients.mjs';

/**
 * Makes a hand-written guard over a client: it builds the same input as nestjs-opa and evaluates the policy.
 *
 * @param {string} name - the name of the client
 * @returns {Promise<import('../lib/guards.mjs').Make>}
 */
export async function byHand(name) {
  const open = await clients[name]();
  return async (task) => {
    const { ask } = await open(task.url, task);
    return { guard: new AskingGuard(ask), askOf: () => ask };
  };
}

/**
 * A hand-written guard over plain http with a deadline. It aborts the decision when the client disconnects.
 *
 * @type {import('../lib/guards.mjs').Make}
 */
export async function boundedByHand({ url, timeout = TIMEOUT_MS }) {
  const { ask } = await openHttp(url);
  return { guard: new BoundedGuard(ask, timeout), askOf: () => ask };
}

/** The default of nestjs-opa. */
const TIMEOUT_MS = 1_000;

class BoundedGuard {
  #ask;
  #timeout;

  constructor(ask, timeout) {
    this.#ask = ask;
    this.#timeout = timeout;
  }

  async canActivate(context) {
    const http = context.switchToHttp();
    const { raw } = http.getResponse();
    let request;
    const giveUp = () => request.destroy(new Error('The decision timed out, or the client disconnected.'));
    const timer = setTimeout(giveUp, this.#timeout);
    raw.once('close', giveUp);
    try {
      return (await this.#ask(inputOf(http.getRequest()), (sent) => (request = sent))) === true;
    } finally {
      clearTimeout(timer);
      raw.off('close', giveUp);
    }
  }
}

class AskingGuard {
  #ask;

  constructor(ask) {
    this.#ask = ask;
  }

  canActivate(context) {
    const allowed = this.#ask(inputOf(context.switchToHttp().getRequest()));
    return typeof allowed === 'boolean' ? allowed : allowed.then(isTrue);
  }
}

function isTrue(allowed) {
  return allowed === true;
}

const ANONYMOUS = { type: 'anonymous' };

// The fields of nestjs-opa's default shape. JSON omits the headers that a client did not send.
function inputOf({ user, method, url, routeOptions, params, query, headers, ip }) {
  const route = routeOptions.url;
  return {
    subject: user ?? ANONYMOUS,
    action: { name: method },
    resource: { type: 'route', id: route },
    context: {},
    request: {
      method,
      path: url.split('?', 1)[0],
      route,
      params,
      query,
      headers: {
        host: headers.host,
        'user-agent': headers['user-agent'],
        'content-type': headers['content-type'],
        accept: headers.accept,
        'x-request-id': headers['x-request-id'],
        traceparent: headers.traceparent,
      },
      ip,
    },
  };
}
