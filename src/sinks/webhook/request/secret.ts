import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { inspect } from 'node:util';
import { errorText } from './error-text.ts';

declare const brand: unique symbol;

/**
 * A secret text: printed, logged, thrown or as JSON it is `[redacted]`. Only `reveal` returns it. Call that only where
 * the text is sent to its receiver.
 */
export interface Secret {
  readonly [brand]: 'Secret';
  reveal(): string;
  toString(): '[redacted]';
  toJSON(): '[redacted]';
}

/** The place of a secret. Never the secret itself, so that a configuration can be shown. */
export type SecretRef = { readonly file: string } | { readonly env: string };

/** A secret that was read from its place, or why it could not be read. */
export type LoadedSecret =
  | { readonly ok: true; readonly secret: Secret; readonly warning?: string }
  /** Names the place, never the content. */
  | { readonly ok: false; readonly reason: string };

/** The environment variables, passed in by the command line. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REDACTED = '[redacted]';

/** Most bytes of a secret file. Keys and tokens are far shorter; a longer file is the wrong one. */
const MOST_BYTES = 4096;

/** Whether this can be the name of an environment variable. */
export function isVariableName(text: string): boolean {
  return /^[A-Za-z_]\w{0,127}$/.test(text);
}

/** Wraps a secret so that it is not printed by accident. */
export function secretOf(text: string): Secret {
  const redacted = (): typeof REDACTED => REDACTED;
  const secret = { reveal: () => text, toString: redacted, toJSON: redacted, [inspect.custom]: redacted };
  return Object.freeze(secret) as unknown as Secret;
}

/** Reads a secret from its place. White space around it is removed: files end with a line feed. */
export async function loadSecret(ref: SecretRef, environment: Environment): Promise<LoadedSecret> {
  if ('env' in ref) return taken(environment[ref.env], `the environment variable ${ref.env}`);
  try {
    return await readSecret(ref.file);
  } catch (error) {
    return { ok: false, reason: `the file ${ref.file} cannot be read: ${errorText(error)}` };
  }
}

async function readSecret(path: string): Promise<LoadedSecret> {
  // Without O_NONBLOCK, opening a pipe without a writer would wait forever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return { ok: false, reason: `${path} is not a file` };
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES + 1), 0, MOST_BYTES + 1, 0);
    if (bytesRead > MOST_BYTES) return { ok: false, reason: `the file ${path} is larger than ${MOST_BYTES} bytes` };
    const loaded = taken(buffer.toString('utf8', 0, bytesRead), `the file ${path}`);
    const warning = exposure(path, stats);
    return loaded.ok && warning !== undefined ? { ...loaded, warning } : loaded;
  } finally {
    await file.close();
  }
}

function taken(text: string | undefined, where: string): LoadedSecret {
  const trimmed = text?.trim() ?? '';
  if (trimmed !== '') return { ok: true, secret: secretOf(trimmed) };
  return { ok: false, reason: `${where} is ${text === undefined ? 'not set' : 'empty'}` };
}

function exposure(path: string, { mode }: Stats): string | undefined {
  if ((mode & (constants.S_IROTH | constants.S_IWOTH)) === 0) return undefined;
  const what = (mode & constants.S_IROTH) === 0 ? 'write' : 'read';
  return `every user of this machine may ${what} the file ${path}: chmod 600 it`;
}
