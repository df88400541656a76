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

function inputOf({ user, method, url, routeOptions, params, query, headers, ip }) {
  return {
    subject: user,
    action: { name: method },
    resource: { type: 'route', id: routeOptions.url },
    context: {},
    request: {
      method,
      path: url.split('?', 1)[0],
      route: routeOptions.url,
      params,
      query,
      headers: { host: headers.host, 'user-agent': headers['user-agent'], accept: headers.accept },
      ip,
    },
  };
}
