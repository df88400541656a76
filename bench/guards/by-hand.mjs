import { clearTimeout, setTimeout } from 'node:timers';
import { openHttp } from '../clients/http.mjs';
import { clients } from '../lib/clients.mjs';

/**
 * Makes a hand-written guard over a client: it builds the input that the module builds, and asks.
 *
 * @param {string} name - the client's
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
 * A hand-written guard over plain http with the bounds that the module has: a deadline, and an end when the client leaves.
 *
 * @type {import('../lib/guards.mjs').Make}
 */
export async function boundedByHand({ url, timeout = TIMEOUT_MS }) {
  const { ask } = await openHttp(url);
  return { guard: new BoundedGuard(ask, timeout), askOf: () => ask };
}

/** The module's own default. */
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
    const giveUp = () => request.destroy(new Error('The decision was late, or its client has left.'));
    const timer = setTimeout(giveUp, this.#timeout);
    raw.once('close', giveUp);
    try {
      return (await this.#ask(inputOf(http.getRequest()), (asked) => (request = asked))) === true;
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

// Field by field what the module's default shape holds; JSON leaves out the headers that a client hasn't sent.
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
