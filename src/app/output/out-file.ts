import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, refusal } from '../../lib/errno.ts';
import { bad, type Failure } from '../../lib/result.ts';

/**
 * Checks that `--out` can be written to, before anything is read or fetched. Changes nothing.
 *
 * @returns why not; `undefined`: writing may work.
 */
export async function unwritable(out: string | undefined): Promise<Failure | undefined> {
  if (out === undefined) return undefined;
  const fault = (await isThere(out)) ? await faultOf(out) : await folderFault(dirname(out));
  return fault === undefined ? undefined : bad('files', `--out ${out}: ${fault}`);
}

/** Refuses an `--out` that is one of the files that are read: it would be overwritten. */
export async function inputFault(out: string | undefined, inputs: readonly string[]): Promise<Failure | undefined> {
  const real = out === undefined ? undefined : await realOf(out);
  if (real === undefined) return undefined;
  const isInput = (await Promise.all(inputs.map(realOf))).includes(real);
  return isInput ? bad('usage', `--out ${out}: this file is input; it would be overwritten`) : undefined;
}

async function realOf(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => codeOf(error) !== 'ENOENT',
  );
}

async function faultOf(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).isDirectory()) return 'it is a folder';
    await access(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return refusal(error);
  }
}

async function folderFault(folder: string): Promise<string | undefined> {
  try {
    await access(folder, constants.W_OK);
    return undefined;
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? `there is no folder ${folder}` : refusal(error);
  }
}
