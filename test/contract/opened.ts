import type { StateStore } from '../../src/ports.ts';

/** A store of its own for one test, and the ways to look at the same data again. */
export interface Opened {
  readonly store: StateStore;
  /** Another handle on the same data, as another process would have. `store` stays open beside it. */
  readonly reopen: () => Promise<StateStore>;
  /** Turns the store's clock, where the test holds it. Without it, time passes by itself. */
  readonly pass?: (ms: number) => void | Promise<void>;
  /** Closes every handle and removes the data. */
  readonly dispose: () => Promise<void>;
}

/** A clause of the contract: its title is the rule. */
export type Rule = (title: string, attempt: (opened: Opened) => Promise<void>) => void;

export type Open = () => Promise<Opened>;

/** Opens, tries, and disposes, whatever comes of it. */
export async function withStore(open: Open, attempt: (opened: Opened) => Promise<void>): Promise<void> {
  const opened = await open();
  try {
    await attempt(opened);
  } finally {
    await opened.dispose();
  }
}

/** How long something that takes time may take before it counts as never. */
const PATIENCE_MS = 20_000;

/** Asks again and again until there is an answer; what is asked of the store is what time is given for. */
export async function eventually<T>(opened: Opened, what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const start = performance.now();
  while (performance.now() - start < PATIENCE_MS) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await opened.pass?.(5);
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`waited in vain for ${what}`);
}
