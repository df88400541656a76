/** The most sockets of each client that has such an option: the default of nestjs-opa. */
export const MAX_SOCKETS = 100;
