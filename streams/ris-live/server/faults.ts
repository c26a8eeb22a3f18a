import { DAY_MS, type EventTime } from '../../../src/bgp/time.ts';
import type { Clock } from '../../../src/ports.ts';
import type { Client } from './client.ts';
import type { FrameFaults } from './frame-faults.ts';
import { FATAL_GARBAGE, GARBAGE, garbageKind, type GarbageSubject, type GarbageKind } from './garbage.ts';

/**
 * The faults that a server can be asked to make: everything that RIS Live and networks have been seen to do. Faults of
 * connections affect the present connections only.
 */
export interface Faults {
  /** The next `count` messages are lost. */
  drop(count: number): void;
  /** The next `count` messages are sent twice. */
  duplicate(count: number): void;
  /** From now on, the last of each `count` messages comes first. */
  reorder(count: number): void;
  /** The next `count` messages come a second time, stamped `ms` before their time. */
  late(count: number, ms: number): void;
  /** All messages of this much event time are lost; pings are answered. */
  silence(ms: number): void;
  /** Announcements are left out, from now on. */
  onlyWithdrawals(): void;
  /** Nothing is sent for this long by our own clock, then everything. Pings are answered. */
  stall(ms: number): void;
  /** The connections stay open, but nothing is sent any more: no message, no pong. */
  halfOpen(): void;
  /** Half a frame, and then nothing. */
  halfFrame(): void;
  /** The connections end without a closing frame (1006). */
  closeAbruptly(): void;
  /** The slow-consumer rule is applied, also to fast clients. */
  dismiss(): void;
  /** At most this many bytes a second. */
  slow(bytesPerSecond: number): void;
  /** One bad frame of this kind; without one, one of each kind that a client must survive. */
  garbage(kind?: GarbageKind): void;
  /** How subscriptions are acknowledged from now on. */
  acks(how: 'right' | 'other' | 'none'): void;
  /** Ends the present faults. Closed connections stay closed. */
  clear(): void;
}

/** The parts that faults act on. */
export interface FaultContext {
  readonly frames: FrameFaults;
  readonly clients: () => Iterable<Client>;
  readonly clock: Clock;
  /** Event time of the last message; `undefined` before the first. */
  readonly about: () => GarbageSubject | undefined;
  readonly stall: (ms: number) => void;
  readonly limit: { readonly bytes: number; readonly ms: number };
}

const NO_SUBJECT: GarbageSubject = { at: 0, host: 'rrc00.ripe.net', peer: '192.0.2.1', peerAsn: 64_496 };

/** The faults that a server can be asked to make. */
export function createFaults({ frames, clients, clock, about, stall, limit }: FaultContext): Faults {
  const each = (act: (client: Client) => void): void => {
    for (const client of clients()) act(client);
  };
  return {
    drop: (count) => frames.drop(count),
    duplicate: (count) => frames.duplicate(count),
    reorder: (count) => frames.reorder(count),
    late: (count, ms) => frames.late(count, ms),
    silence: (ms) => frames.silence((about()?.at ?? 0) + ms),
    onlyWithdrawals: () => frames.onlyWithdrawals(),
    stall,
    halfOpen: () => each(({ outlet }) => outlet.freeze()),
    halfFrame: () => each(({ outlet }) => outlet.sendHalf(GARBAGE['unknown-envelope']().padEnd(1000))),
    closeAbruptly: () => each(({ outlet }) => outlet.destroy()),
    dismiss: () => each((client) => client.dismiss(limit)),
    slow: (bytesPerSecond) => each(({ outlet }) => outlet.slowDown(bytesPerSecond, clock)),
    garbage: (kind) => {
      const kinds = Object.keys(GARBAGE) as GarbageKind[];
      const meant = kind === undefined ? kinds.filter((each) => !FATAL_GARBAGE.has(each)) : [kind];
      for (const one of meant) each(({ outlet }) => outlet.send(GARBAGE[one](about() ?? NO_SUBJECT)));
    },
    acks: (how) => void (frames.acks = how),
    clear: () => frames.clear(),
  };
}

/** Faults by name, for the command line: what follows `=` is a count, milliseconds, bytes or a kind. */
const BY_NAME: Readonly<Record<string, (faults: Faults, value: string | undefined) => void>> = {
  drop: (faults, value) => faults.drop(count(value, 1)),
  duplicate: (faults, value) => faults.duplicate(count(value, 1)),
  reorder: (faults, value) => faults.reorder(count(value, 10)),
  late: (faults, value) => faults.late(count(value, 10), 3 * DAY_MS),
  silence: (faults, value) => faults.silence(count(value, 1_800_000)),
  'only-withdrawals': (faults) => faults.onlyWithdrawals(),
  stall: (faults, value) => faults.stall(count(value, 60_000)),
  'half-open': (faults) => faults.halfOpen(),
  'half-frame': (faults) => faults.halfFrame(),
  close: (faults) => faults.closeAbruptly(),
  dismiss: (faults) => faults.dismiss(),
  slow: (faults, value) => faults.slow(Math.max(1, count(value, 1000))),
  garbage: (faults, value) => faults.garbage(value === undefined ? undefined : garbageKind(value)),
  'wrong-acks': (faults) => faults.acks('other'),
  'no-acks': (faults) => faults.acks('none'),
  clear: (faults) => faults.clear(),
};

/** The names of faults that a script may use. */
export const FAULT_NAMES: readonly string[] = Object.keys(BY_NAME);

/** A fault that happens when event time reaches `at`, before the first message after it. */
export interface ScriptedFault {
  readonly at: EventTime;
  readonly name: string;
  readonly value: string | undefined;
}

/** Whether a fault of this name can have this value. */
export function isFault(name: string, value: string | undefined): boolean {
  if (!Object.hasOwn(BY_NAME, name)) return false;
  if (value === undefined) return true;
  return name === 'garbage' ? garbageKind(value) !== undefined : /^\d{1,12}$/.test(value);
}

/** Makes one fault happen now. */
export function applyFault(faults: Faults, { name, value }: Pick<ScriptedFault, 'name' | 'value'>): void {
  BY_NAME[name]?.(faults, value);
}

function count(value: string | undefined, fallback: number): number {
  return value === undefined ? fallback : Number(value);
}
