import { describe, expect, test } from 'vitest';
import type { EventTime } from '../../src/bgp/time.ts';
import { newSession, type PeerState } from '../../src/peers/session.ts';
import { Votes } from '../../src/peers/votes.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { TerritoryView } from '../../src/rib/territory-view.ts';
import { KP, peer } from '../support/day.ts';

const AT = 0 as EventTime;
const FULL = 1_000_000;
const SYNCED: PeerState = { kind: 'in-sync' };

interface Voter {
  readonly state?: PeerState;
  /** Routes in its last complete dump; `undefined`: it was in none. */
  readonly table: number | undefined;
  /** It had routes of the territory for as long as is asked for. */
  readonly learned?: boolean;
  /** Its dump was not whole. */
  readonly partial?: boolean;
  /** The feed itself names it. */
  readonly named?: boolean;
}

/** Whether it may vote, where a usual full table has a million routes. */
function mayVote({ state = SYNCED, table, learned, partial, named = true }: Voter): boolean {
  const view = new TerritoryView(KP, 'ipv4', 0.5);
  const votes = new Votes([view], DEFAULT_VOTING, { isNamed: () => named });
  votes.restore({ ipv4: FULL, ipv6: 0 });
  const session = newSession(peer(1), 0);
  session.peerState.ipv4 = state;
  session.table.ipv4 = table;
  const rib = view.ribOf(session.peer);
  if (learned !== undefined) rib.learned = learned;
  if (partial !== undefined) rib.partial = partial;
  votes.revote(session, AT);
  return votes.hasAny(session);
}

describe('a peer may vote', () => {
  test.each<[string, Voter, boolean]>([
    ['with a full table', { table: FULL }, true],
    ['with three quarters of a usual full table', { table: 0.75 * FULL }, true],
    ['not with one route less', { table: 0.75 * FULL - 1 }, false],
    ['not with an empty table', { table: 0 }, false],
    ['not with a full table of which part is missing', { table: FULL, partial: true }, false],
    ['not with a full table of another source, while the feed does not name it', { table: FULL, named: false }, false],
    [
      'without a known table, after it had routes of the territory long enough',
      { table: undefined, learned: true },
      true,
    ],
    ['not without a known table before that', { table: undefined, learned: false }, false],
    ['not before it is known whether it sent its whole table', { table: FULL, state: { kind: 'unheard' } }, false],
    ['not while its session sends its table', { table: FULL, state: { kind: 'syncing', since: AT } }, false],
    ['not in a gap', { table: FULL, state: { kind: 'in-gap', since: AT } }, false],
    ['not while its session is down', { table: FULL, state: { kind: 'down', since: AT } }, false],
  ])('%s', (_, voter, expected) => {
    expect(mayVote(voter)).toBe(expected);
  });
});

describe('a usual full table', () => {
  const measured = (...sizes: readonly (number | undefined)[]): number => {
    const votes = new Votes([], DEFAULT_VOTING, { isNamed: () => true });
    const sessions = sizes.map((size, i) => {
      const session = newSession(peer(i + 1), i);
      session.table.ipv4 = size;
      return session;
    });
    votes.measure('ipv4', sessions, AT);
    return votes.usual.ipv4;
  };

  test.each<[string, readonly (number | undefined)[], number]>([
    ['is not known while no table is', [undefined, undefined], 0],
    ['is the larger of two', [FULL, 900_000, 10], FULL],
    ['is not the largest of three or more: it may be far larger than all others', [FULL, 1.5 * FULL, FULL], FULL],
    [
      'is the one full table among many partial feeds',
      [FULL, ...Array.from({ length: 13 }, (_, i) => 1000 * (i + 1))],
      FULL,
    ],
    ['is that of the partial feeds where there is no full one', [300, 200, 100], 200],
    [
      'is that of the tenth with the largest tables: one far larger table among twenty is not the measure',
      [5 * FULL, ...Array.from({ length: 19 }, () => FULL)],
      FULL,
    ],
  ])('%s', (_, sizes, expected) => {
    expect(measured(...sizes)).toBe(expected);
  });

  test('counts an AS once, however many sessions it has', () => {
    const votes = new Votes([], DEFAULT_VOTING, { isNamed: () => true });
    const sessions = Array.from({ length: 30 }, (_, i) => {
      const session = newSession(peer(i + 1, { asn: i < 15 ? 64_999 : 64_600 + i }), i);
      session.table.ipv4 = i < 15 ? 5 * FULL : FULL;
      return session;
    });
    votes.measure('ipv4', sessions, AT);
    expect(votes.usual.ipv4).toBe(FULL);
  });

  test('that differs by two percent is the same one', () => {
    const votes = new Votes([], DEFAULT_VOTING, { isNamed: () => true });
    const session = newSession(peer(1), 0);
    const changes = [FULL, 1.02 * FULL, 1.03 * FULL].map((size) => {
      session.table.ipv4 = size;
      return votes.measure('ipv4', [session], AT);
    });
    expect(changes).toEqual([true, false, true]);
  });
});
