import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { FreshFile } from '../../src/transport/fresh-file.js';
import { tempFolder } from '../engines/support/temp.js';
import { createAuthority } from './certificates.js';

/** The file of an authority. After the module has started, reads of the file hang until `jest.restoreAllMocks`. */
export async function hangingFile(): Promise<string> {
  const path = join(await tempFolder(), 'ca.pem');
  await writeFile(path, (await createAuthority('ours')).cert);
  jest.spyOn(FreshFile.prototype, 'read').mockReturnValue(new Promise(() => undefined));
  return path;
}
