/** The kind of a fault, named by what the user must check. The command line turns it into an exit status. */
export type FaultKind =
  /** There is no leader, or it is not ready. */
  | 'notReady'
  /** The options or arguments. */
  | 'usage'
  /** Some of the input could not be read. */
  | 'partial'
  /** No input could be read, or the output could not be written. */
  | 'files'
  /** The input itself: reading it again will not help. */
  | 'data'
  /** A disk, a network or another process: another try may succeed. */
  | 'again'
  /** The store. */
  | 'store'
  /** The territories file, or the webhooks file. */
  | 'configuration'
  /** A signal stopped it before its end. */
  | 'interrupted';

/** Why an action failed: its kind, and a sentence for each fault that names the place. */
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
