import { readlinkSync } from 'node:fs';

/**
 * The namespace in which this process's id counts, as Linux numbers it: two containers may both have a process 1.
 *
 * @returns `undefined` where namespaces do not exist.
 */
export function pidNamespace(): string | undefined {
  try {
    return /\[(\d+)\]/.exec(readlinkSync('/proc/self/ns/pid'))?.[1];
  } catch {
    return undefined;
  }
}
