import { randomBytes } from 'node:crypto';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { listEndpoints } from '../../sinks/webhook/endpoint-store.ts';
import { newSecret } from '../../sinks/webhook/signature.ts';
import { isVariableName, type SecretRef } from '../../sinks/webhook/secret.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import type { OpenWebhooks } from './store.ts';

/** Where the secret that signs comes from, as the options say. */
export interface SecretOptions {
  /** A file with a secret; generated if the file does not exist. */
  readonly secretFile?: string;
  readonly secretEnv?: string;
}

/** Where a secret comes from, as the options say. */
export interface GivenSecret {
  readonly ref: SecretRef;
  /** It was generated now: the receiver needs it. */
  readonly isNew: boolean;
}

/** Where the options say that the secret is; `undefined` when they do not. */
export function namedSecret({ secretFile, secretEnv }: SecretOptions): SecretRef | undefined {
  if (secretEnv !== undefined) return { env: secretEnv };
  return secretFile === undefined ? undefined : { file: resolve(secretFile) };
}

/**
 * The secret that the options name, or a new one in the folder. Secrets are written to files that only their owner
 * may read, and never printed.
 *
 * @param folder `undefined` where this user has none.
 */
export async function secretFor(
  name: string,
  options: SecretOptions,
  folder: string | undefined,
): Promise<Result<GivenSecret>> {
  if (options.secretFile !== undefined && options.secretEnv !== undefined)
    return bad('usage', '--secret-file and --secret-env: one of them');
  const ref = namedSecret(options);
  if (ref !== undefined && 'env' in ref && !isVariableName(ref.env))
    return bad('usage', '--secret-env: is not a name of a variable');
  if (ref !== undefined && 'file' in ref && !(await exists(ref.file))) return make(ref.file, 0o777);
  if (ref !== undefined) return good({ ref, isNew: false });
  if (folder === undefined)
    return bad('usage', 'there is no folder for the secret: name a file with --secret-file, or set HOME');
  return make(join(resolve(folder), `${name}-${randomBytes(4).toString('hex')}`), 0o700);
}

/**
 * Removes files of secrets that we made once and that no webhook names any more; those of other folders are somebody
 * else's by now. Only to be called when it is kept that they are not needed: until then, they are.
 */
export async function forgetSecrets(
  refs: readonly SecretRef[],
  { store, secrets: folder }: Pick<OpenWebhooks, 'store' | 'secrets'>,
): Promise<void> {
  if (folder === undefined) return;
  const { found } = await listEndpoints(store);
  const named = new Set(found.flatMap(({ endpoint }) => endpoint.secrets).map(placeOf));
  const ours = refs.filter((ref) => 'file' in ref && dirname(ref.file) === resolve(folder));
  await unmakeSecrets(ours.filter((ref) => !named.has(placeOf(ref))));
}

/** Removes files of secrets that were made just now, wherever they are: nothing came of what they were made for. */
export async function unmakeSecrets(made: readonly SecretRef[]): Promise<void> {
  const files = made.flatMap((ref) => ('file' in ref ? [ref.file] : []));
  await Promise.all(files.map((file) => rm(file, { force: true })));
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
    return bad('files', `${file}: ${refusal(error)}`);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}
