/** What kind of fault it is, named by what the user must look at. The command line makes an exit status of it. */
export type FaultKind =
  /** Nobody watches, or who does is not ready. */
  | 'notReady'
  /** The options or arguments. */
  | 'usage'
  /** Some of the input could not be read. */
  | 'partial'
  /** No input could be read, or the output could not be written. */
  | 'files'
  /** The input itself: it will be no better when it is read again. */
  | 'data'
  /** A disk, a network or another process: it may well work when it is tried again. */
  | 'again'
  /** The store. */
  | 'store'
  /** The territories file, or the webhooks file. */
  | 'configuration'
  /** It was stopped by a signal before it was done. */
  | 'interrupted';

/** Why something could not be done: its kind, and a sentence for each fault, which names the place. */
export interface Failure {
  readonly ok: false;
  readonly kind: FaultKind;
  readonly faults: readonly string[];
}

/** A value, or the reason why there is none. */
export type Result<T> = { readonly ok: true; readonly value: T } | Failure;

/** A value. */
export function good<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** A failure of this kind, with a sentence for each fault. */
export function bad(kind: FaultKind, ...faults: readonly string[]): Failure {
  return { ok: false, kind, faults };
}
