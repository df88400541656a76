import { SetMetadata } from '@nestjs/common';

/** The application's own marker of public handlers. */
export const IS_PUBLIC_KEY = 'isPublic';

/** Lets everyone call a handler. */
export const Public = () => SetMetadata(IS_PUBLIC_KEY, true);
