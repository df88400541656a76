export { UntypedFile } from './files.js';
export { OpaInterceptor } from './opa.interceptor.js';
