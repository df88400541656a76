import { expect } from '@jest/globals';
import type { TestRequest } from '../support/app.js';

/** What is sent, and the whole input that each shape makes of it. */
export interface Row {
  readonly sent: TestRequest;
  readonly default: object;
  readonly authzen: object;
  readonly envoy: object;
  readonly contextforge: object;
}

const alice = { sub: 'alice', roles: ['viewer'] };
const peer = {
  address: { socketAddress: { address: '127.0.0.1', portValue: expect.any(Number) as unknown } },
};
const nobody = { type: 'anonymous' };
const query = { expand: ['all', 'none'], q: 'a b' };
const headers = {
  host: 'orders.test',
  'user-agent': 'test/1',
  'content-type': 'application/json',
  'x-request-id': 'r1',
  'x-tenant': 't1',
};

/** With the headers `X-Tenant` and `X-User` named, and bodies of up to 100 bytes. */
export const rows: Readonly<Record<string, Row>> = {
  'a body, a query, a named header and a user': {
    sent: {
      method: 'POST',
      target: '/orders/7?expand=all&expand=none&q=a%20b',
      headers: {
        ...headers,
        'x-user': 'alice',
        'x-other': 'not named',
        authorization: 'Bearer s3cret',
        cookie: 'session=s3cret',
        'x-api-key': 's3cret',
      },
      body: '{"amount":5}',
    },
    default: {
      subject: alice,
      action: { name: 'POST' },
      resource: { type: 'route', id: '/orders/:id' },
      context: {},
      request: {
        method: 'POST',
        path: '/orders/7',
        route: '/orders/:id',
        params: { id: '7' },
        query,
        headers: { ...headers, 'x-user': 'alice' },
        ip: '127.0.0.1',
        body: { amount: 5 },
      },
    },
    authzen: {
      subject: alice,
      action: { name: 'POST' },
      resource: {
        type: 'route',
        id: '/orders/{id}',
        properties: { path: '/orders/7', params: { id: '7' }, query },
      },
      context: { headers: { ...headers, 'x-user': 'alice' }, ip: '127.0.0.1', body: { amount: 5 } },
    },
    envoy: {
      attributes: {
        source: { ...peer, principal: alice },
        destination: peer,
        request: {
          http: {
            id: 'r1',
            method: 'POST',
            path: '/orders/7?expand=all&expand=none&q=a%20b',
            host: 'orders.test',
            scheme: 'http',
            protocol: 'HTTP/1.1',
            headers: {
              ':authority': 'orders.test',
              ':method': 'POST',
              ':path': '/orders/7?expand=all&expand=none&q=a%20b',
              ...headers,
              'x-user': 'alice',
            },
            size: 12,
            body: '{"amount":5}',
          },
        },
        metadataContext: {},
      },
      version: { ext_authz: 'v3', encoding: 'protojson' },
      parsed_path: ['orders', '7'],
      parsed_query: { expand: ['all', 'none'], q: ['a b'] },
      parsed_body: { amount: 5 },
      truncated_body: false,
    },
    contextforge: {
      kind: 'http',
      user: 'alice',
      request_ip: '127.0.0.1',
      headers: { ...headers, 'x-user': 'alice' },
      payload: { method: 'POST', path: '/orders/7', params: { id: '7' }, query, body: { amount: 5 } },
      context: {},
      mode: 'input',
    },
  },
  'nothing but a path, and nobody': {
    sent: { target: '/orders', headers: { host: 'orders.test' } },
    default: {
      subject: nobody,
      action: { name: 'GET' },
      resource: { type: 'route', id: '/orders' },
      context: {},
      request: {
        method: 'GET',
        path: '/orders',
        route: '/orders',
        params: {},
        query: {},
        headers: { host: 'orders.test' },
        ip: '127.0.0.1',
      },
    },
    authzen: {
      subject: nobody,
      action: { name: 'GET' },
      resource: {
        type: 'route',
        id: '/orders',
        properties: { path: '/orders', params: {}, query: {} },
      },
      context: { headers: { host: 'orders.test' }, ip: '127.0.0.1' },
    },
    envoy: {
      attributes: {
        source: { ...peer, principal: nobody },
        destination: peer,
        request: {
          http: {
            method: 'GET',
            path: '/orders',
            host: 'orders.test',
            scheme: 'http',
            protocol: 'HTTP/1.1',
            headers: {
              ':authority': 'orders.test',
              ':method': 'GET',
              ':path': '/orders',
              host: 'orders.test',
            },
            size: 0,
          },
        },
        metadataContext: {},
      },
      version: { ext_authz: 'v3', encoding: 'protojson' },
      parsed_path: ['orders'],
      parsed_query: {},
      parsed_body: null,
      truncated_body: false,
    },
    contextforge: {
      kind: 'http',
      user: 'anonymous',
      request_ip: '127.0.0.1',
      headers: { host: 'orders.test' },
      payload: { method: 'GET', path: '/orders', params: {}, query: {} },
      context: {},
      mode: 'input',
    },
  },
};
