import type { EventTime } from '../bgp/time.ts';
import type { PeerId } from '../bgp/peer.ts';
import type { PrefixText } from '../bgp/prefix.ts';
import { compareTexts } from '../lib/compare-texts.ts';

/**
 * The networks that one session sees: bit i of a hexadecimal number is network i. `undefined`: the session has no vote.
 */
export type Mask = string | undefined;

/** What one session sees from a moment on, and the message that changed it, if a message did. */
export interface SightChange {
  readonly at: EventTime;
  readonly peer: PeerId;
  readonly mask: Mask;
  /** `undefined`: it got or lost its vote, or its routes were removed with its session. */
  readonly message: SightMessage | undefined;
}

/** A message that changed what a voter sees. */
export interface SightMessage {
  readonly type: 'announcement' | 'withdrawal' | 'rib';
  readonly prefix: PrefixText;
  /** AS paths as text; `undefined`: there was no route before, or there is none now. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Means all sessions: the program was started again, and all voters are recorded again. */
export const EVERY_PEER = '*' as PeerId;

/** Applies one change. */
export function applyChange(sight: Map<PeerId, string>, { peer, mask }: SightChange): void {
  if (peer === EVERY_PEER) sight.clear();
  else if (mask === undefined) sight.delete(peer);
  else sight.set(peer, mask);
}

/** What each voting session sees. */
export type Sight = ReadonlyMap<PeerId, string>;

/** Networks that sessions cover, as a mask. */
export function maskOf(cover: Readonly<Uint16Array>): string {
  let mask = 0n;
  for (let unit = cover.length - 1; unit >= 0; unit--) mask = (mask << 1n) | ((cover[unit] ?? 0) > 0 ? 1n : 0n);
  return mask.toString(16);
}

/** The number of networks in a mask. */
export function maskSize(mask: string): number {
  let size = 0;
  for (let rest = BigInt(`0x${mask}`); rest > 0n; rest >>= 1n) if ((rest & 1n) === 1n) size++;
  return size;
}

const TYPES = ['announcement', 'withdrawal', 'rib'] as const;

/** The changes of one minute as JSON: times are relative to its start. */
export function changesText(minute: EventTime, changes: readonly SightChange[]): string {
  return JSON.stringify(
    changes.map(({ at, peer, mask, message }) => [
      at - minute,
      peer,
      mask ?? null,
      ...(message === undefined
        ? []
        : [TYPES.indexOf(message.type), message.prefix, message.before ?? null, message.after ?? null]),
    ]),
  );
}

/** @throws Error when the text has another form. */
export function parseChanges(minute: EventTime, text: string): SightChange[] {
  type Row = [number, PeerId, string | null, number?, PrefixText?, (string | null)?, (string | null)?];
  return (JSON.parse(text) as Row[]).map(([ms, peer, mask, type, prefix, before, after]) => ({
    at: (minute + ms) as EventTime,
    peer,
    mask: mask ?? undefined,
    message:
      prefix === undefined
        ? undefined
        : {
            type: TYPES[type ?? 0] ?? 'announcement',
            prefix,
            before: before ?? undefined,
            after: after ?? undefined,
          },
  }));
}

/** What all sessions see at one moment, as JSON: sessions by mask. */
export function sightText(at: EventTime, sight: Sight): string {
  const byMask: Record<string, PeerId[]> = {};
  // The order of a map depends on when the program started.
  const peers = [...sight].sort(([a], [b]) => compareTexts(a, b));
  for (const [peer, mask] of peers) (byMask[mask] ??= []).push(peer);
  return JSON.stringify([at, byMask]);
}

/** @throws Error when the text has another form. */
export function parseSight(text: string): { readonly at: EventTime; readonly sight: Map<PeerId, string> } {
  const [at, byMask] = JSON.parse(text) as [EventTime, Record<string, PeerId[]>];
  const sight = new Map<PeerId, string>();
  for (const [mask, peers] of Object.entries(byMask)) for (const peer of peers) sight.set(peer, mask);
  return { at, sight };
}
/** Whether a mask contains this network. */
export function maskHas(mask: string, unit: number): boolean {
  return ((BigInt(`0x${mask}`) >> BigInt(unit)) & 1n) === 1n;
}
