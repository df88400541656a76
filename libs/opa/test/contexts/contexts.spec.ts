import { describe } from '@jest/globals';
import { apollo, mercurius } from './drivers/graphql.js';
import { grpc } from './drivers/grpc.js';
import { express, fastify } from './drivers/http.js';
import { tcp } from './drivers/rpc.js';
import { socketIo, ws } from './drivers/ws.js';
import { testContext } from './suite.js';

const drivers = [express, fastify, tcp, grpc, apollo, mercurius, ws, socketIo];

describe.each(drivers)('a context: $name', testContext);
