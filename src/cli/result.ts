import type { ExitStatus } from './exit-status.ts';

/** What an edge gives back: a value, or what to tell the user and how to end. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: ExitStatus; readonly faults: readonly string[] };

export function good<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function bad(
  status: ExitStatus,
  ...faults: readonly string[]
): { ok: false; status: ExitStatus; faults: readonly string[] } {
  return { ok: false, status, faults };
}

/** Why the operating system refused a file, in plain words; of an error in words of ours, those. */
export function refusal(error: unknown): string {
  // Node.js begins its own texts with the code: `ENOSPC: no space left on device, write`.
  const isNodes = error instanceof Error && 'code' in error && error.message.startsWith(String(error.code));
  const code = isNodes ? String(error.code) : '';
  return REFUSALS[code] ?? (error instanceof Error ? error.message : String(error));
}

const REFUSALS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read or written by you',
  EPERM: 'it may not be read or written by you',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'there is no space left',
  EROFS: 'the disk is read-only',
  EMFILE: 'too many files are open',
};
