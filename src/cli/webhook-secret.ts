import { randomBytes } from 'node:crypto';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { newSecret } from '../sinks/webhook/signature.ts';
import { isVariableName, type SecretRef } from '../sinks/webhook/secret.ts';
import { EXIT } from './exit-status.ts';
import { bad, good, refusal, type Result } from './result.ts';

/** Where the secret that signs comes from, as the options say. */
export interface SecretOptions {
  /** A file that holds one; where there is none, one is made. */
  readonly secretFile?: string;
  readonly secretEnv?: string;
}

export interface GivenSecret {
  readonly ref: SecretRef;
  /** It was made just now: whoever receives has to be given it. */
  readonly isNew: boolean;
}

/**
 * What the options name, or a secret made anew in the folder. Secrets are written to files that only their owner may
 * read, and never said.
 *
 * @param folder `undefined` where this user has none.
 */
export async function secretFor(
  name: string,
  { secretFile, secretEnv }: SecretOptions,
  folder: string | undefined,
): Promise<Result<GivenSecret>> {
  if (secretFile !== undefined && secretEnv !== undefined)
    return bad(EXIT.usage, '--secret-file and --secret-env: one of them');
  if (secretEnv !== undefined)
    return isVariableName(secretEnv)
      ? good({ ref: { env: secretEnv }, isNew: false })
      : bad(EXIT.usage, '--secret-env: is no name of a variable');
  if (secretFile !== undefined) {
    const file = resolve(secretFile);
    return (await exists(file)) ? good({ ref: { file }, isNew: false }) : make(file, 0o777);
  }
  if (folder === undefined)
    return bad(EXIT.usage, 'there is no folder for the secret: name a file with --secret-file, or set HOME');
  return make(join(resolve(folder), `${name}-${randomBytes(4).toString('hex')}`), 0o700);
}

/** Removes files of secrets that we made; those of other folders are somebody else's. */
export async function forgetSecrets(refs: readonly SecretRef[], folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  const ours = refs.flatMap((ref) => ('file' in ref && dirname(ref.file) === resolve(folder) ? [ref.file] : []));
  await Promise.all(ours.map((file) => rm(file, { force: true })));
}

/** `the file /a/b`, `the variable B`: where it is, for people. */
export function placeOf(ref: SecretRef): string {
  return 'file' in ref ? `the file ${ref.file}` : `the variable ${ref.env}`;
}

async function make(file: string, folderMode: number): Promise<Result<GivenSecret>> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: folderMode });
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(`${newSecret(randomBytes).reveal()}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return good({ ref: { file }, isNew: true });
  } catch (error) {
    return bad(EXIT.files, `${file}: ${refusal(error)}`);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}
