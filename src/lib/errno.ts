import { getSystemErrorName } from 'node:util';
import { messageOf } from './message-of.ts';

/** The name of a system error, `ENOENT`; LMDB gives its number. `undefined` when it is not a system error. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'number' && error.code > 0 ? getSystemErrorName(-error.code) : String(error.code);
}

/** Why the operating system refused a file or folder, in plain words; for our own errors, their message. */
export function refusal(error: unknown): string {
  // Node.js begins its own texts with the code: `ENOSPC: no space left on device, write`.
  const isNodes = error instanceof Error && 'code' in error && error.message.startsWith(String(error.code));
  return (isNodes ? fileWords(error) : undefined) ?? messageOf(error);
}

/** What the code of a system error means for a file or folder; `undefined`: there is no text for it. */
export function fileWords(error: unknown): string | undefined {
  return FILES[codeOf(error) ?? ''];
}

/** Why a file is not read, as the end of a sentence about it: `does not exist`. */
export function readRefusal(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read';
  return `cannot be read (${code ?? String(error)})`;
}

/** Why a server cannot listen at a host and port, in plain words. */
export function listenRefusal(error: unknown): string {
  return PORTS[codeOf(error) ?? ''] ?? refusal(error);
}

const FILES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read and write there',
  EPERM: 'this user may not read and write there',
  EEXIST: 'there is a file of this name',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
};

const PORTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there: choose another port',
  EADDRNOTAVAIL: 'this machine does not have this address',
  ENOTFOUND: 'there is no host with this name',
  EACCES: 'you may not listen there; ports below 1024 need administrator rights',
};
