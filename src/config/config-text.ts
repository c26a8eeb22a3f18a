import { readFile, stat } from 'node:fs/promises';
import { refusal } from '../lib/errno.ts';
import { bad, good, type Result } from '../lib/result.ts';

/** Far more than a few hundred territories need; a file of 100 MB is a mistake or an attack. Bytes. */
export const MOST_BYTES = 1024 * 1024;

/** What is said of a larger file. */
export const TOO_LARGE = 'the file is larger than 1 MiB';

/** The text of a configuration file; a fault of the configuration when it is larger than `MOST_BYTES` or cannot be read. */
export async function readConfigText(file: string): Promise<Result<string>> {
  try {
    if ((await stat(file)).size > MOST_BYTES) return bad('configuration', `${file}: ${TOO_LARGE}`);
    return good(await readFile(file, 'utf8'));
  } catch (error) {
    return bad('configuration', `${file}: ${refusal(error)}`);
  }
}
