import type { Builtins } from '../builtin.js';
import { jwtDecode } from './decode.js';
import { jwtDecodeVerify } from './decode-verify.js';
import { jwtSign } from './sign.js';
import { jwtVerify } from './verify.js';

/** `io.jwt.*` */
export const jwt: Builtins = { ...jwtDecode, ...jwtDecodeVerify, ...jwtSign, ...jwtVerify };
