import { once } from 'node:events';
import { connect } from 'node:net';
import { WrongAnswer } from './load.mjs';

/**
 * Keep-alive connections to an app, with as little of HTTP/1.1 as a load generator needs: on two cores, what it saves is
 * the app's and OPA's.
 */
export class HttpLoad {
  #connections;
  #next = 0;

  constructor(connections) {
    this.#connections = connections;
  }

  static async open(port, connections) {
    const opened = Array.from({ length: connections }, () => Connection.open(port));
    return new HttpLoad(await Promise.all(opened));
  }

  /**
   * Sends a GET over the next connection. A connection gets its responses in the order of its requests.
   *
   * @param {string} path
   * @param {{ id?: string, role?: string }} user
   * @returns {Promise<number>} the status
   */
  async get(path, { id = '', role = '' } = {}) {
    const { status } = await this.#send(
      `GET ${path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nAccept: */*\r\n` +
        `X-User: ${id}\r\nX-Role: ${role}\r\n\r\n`,
    );
    return status;
  }

  /**
   * Posts JSON over the next connection.
   *
   * @param {string} path
   * @param {string} token - a bearer token
   * @param {string} body - ASCII alone
   * @returns {Promise<{ status: number, text: string }>}
   */
  post(path, token, body) {
    return this.#send(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n` +
        `Accept: application/json, text/event-stream\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }

  #send(text) {
    return this.#connections[this.#next++ % this.#connections.length].send(text);
  }

  /**
   * An {@link import('./load.mjs').Ask} of a path.
   *
   * @param {(n: number) => { path: string, id?: string, role?: string }} request
   */
  asker(request) {
    return async (n) => {
      const { path, ...user } = request(n);
      const status = await this.get(path, user);
      if (status >= 500) throw Object.assign(new Error('No decision'), { code: status });
      if (status !== 200) throw new WrongAnswer(n, status, 200);
    };
  }

  close() {
    for (const connection of this.#connections) connection.close();
  }
}

class Connection {
  #socket;
  #waiting = [];
  #text = '';

  static async open(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('The app closed a connection.')));
  }

  send(text) {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) throw new Error('The app has closed a connection.');
      this.#waiting.push({ resolve, reject });
      this.#socket.write(text, 'latin1');
    });
  }

  close() {
    this.#socket.destroy();
  }

  #read(chunk) {
    this.#text += chunk.latin1Slice();
    for (;;) {
      const head = this.#text.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#text)?.[1] ?? 0);
      const end = head + 4 + length;
      if (this.#text.length < end) return;
      const status = Number(this.#text.slice(9, 12));
      this.#waiting.shift().resolve({ status, text: this.#text.slice(head + 4, end) });
      this.#text = this.#text.slice(end);
    }
  }

  #fail(error) {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
