export { OpaInterceptor } from './opa.interceptor.js';
