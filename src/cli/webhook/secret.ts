import { randomBytes } from 'node:crypto';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { listEndpoints } from '../../sinks/webhook/endpoints/endpoint-store.ts';
import { newSecret } from '../../sinks/webhook/request/signature.ts';
import { isVariableName, type SecretRef } from '../../sinks/webhook/request/secret.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import type { OpenWebhooks } from './store.ts';

/** The options for the signing secret. */
export interface SecretOptions {
  /** A file with a secret; generated if the file does not exist. */
  readonly secretFile?: string;
  readonly secretEnv?: string;
}

/** The source of a secret. */
export interface GivenSecret {
  readonly ref: SecretRef;
  /** It was generated now, so the receiver does not have it yet. */
  readonly isNew: boolean;
}

/** The place of the secret in the options; `undefined`: they name none. */
export function namedSecret({ secretFile, secretEnv }: SecretOptions): SecretRef | undefined {
  if (secretEnv !== undefined) return { env: secretEnv };
  return secretFile === undefined ? undefined : { file: resolve(secretFile) };
}

/**
 * The secret that the options name, or a new one in the folder. Secrets are written to files that only their owner may
 * read, and are never printed.
 *
 * @param folder `undefined`: this user has no folder for state.
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
 * Removes files of generated secrets that no webhook uses any more. Files in other folders stay. Call it only after the
 * change is stored: until then the secrets are needed.
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

/** Removes files of secrets that were just generated, in any folder, because their command failed. */
export async function unmakeSecrets(made: readonly SecretRef[]): Promise<void> {
  const files = made.flatMap((ref) => ('file' in ref ? [ref.file] : []));
  await Promise.all(files.map((file) => rm(file, { force: true })));
}

/** `the file /a/b`, `the variable B`: the place of a secret, for people. */
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
