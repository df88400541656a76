export { AuthGuard } from './auth.guard.js';
export type { Authentication, UserRequest } from './auth.guard.js';
export { issuerMetadataController, metadataPaths } from './issuer-metadata.controller.js';
export { openAuthentication } from './open-authentication.js';
export { DEVELOPMENT_KID } from './key-file.js';
