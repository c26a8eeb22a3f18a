import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Asn } from '../../src/bgp/asn.ts';
import type { Sum } from '../../src/rib/as-votes.ts';
import { VoteCount } from '../../src/rib/vote-count.ts';

const UNITS = 5;
const VOTERS = [64_500, 64_501, 64_502] as readonly number[] as readonly Asn[];

type Step =
  | { readonly kind: 'session'; readonly voter: Asn; readonly units: readonly number[] }
  | { readonly kind: 'flip'; readonly session: number; readonly unit: number }
  | { readonly kind: 'end'; readonly session: number }
  | { readonly kind: 'join' | 'part'; readonly voter: Asn; readonly units: readonly number[] };

const unit = fc.nat({ max: UNITS - 1 });
const someUnits = fc.subarray([...Array(UNITS).keys()]);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('session' as const), voter: fc.constantFrom(...VOTERS), units: someUnits }),
    fc.record({ kind: fc.constant('flip' as const), session: fc.nat(), unit }),
    fc.record({ kind: fc.constant('end' as const), session: fc.nat() }),
    fc.record({ kind: fc.constantFrom('join', 'part'), voter: fc.constantFrom(...VOTERS), units: someUnits }),
  ),
  { maxLength: 60 },
);

/** A voting session and the units it sees. */
interface Session {
  readonly voter: Asn;
  readonly sees: Set<number>;
}

/** Does what a territory view does, and looks again at each unit whose voters are others. */
function take(votes: VoteCount, sessions: Session[], step: Step): void {
  const session = 'session' in step ? sessions[step.session % Math.max(1, sessions.length)] : undefined;
  if (step.kind === 'join') votes.join(step.voter, step.units);
  else if (step.kind === 'part') votes.part(step.voter, step.units);
  else if (step.kind === 'session') {
    sessions.push({ voter: step.voter, sees: new Set(step.units) });
    votes.enter(step.voter);
    for (const one of step.units) votes.see(step.voter, one);
  } else if (session === undefined) return;
  else if (step.kind === 'end') {
    for (const one of session.sees) votes.unsee(session.voter, one);
    votes.leave(session.voter);
    sessions.splice(sessions.indexOf(session), 1);
  } else if (step.kind !== 'flip') return;
  else if (session.sees.delete(step.unit)) votes.unsee(session.voter, step.unit);
  else {
    session.sees.add(step.unit);
    votes.see(session.voter, step.unit);
  }
  for (let one = 0; one < UNITS; one++) votes.reckon(one);
}

test('after each step, the running sums equal a full count', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const votes = new VoteCount(UNITS);
      const sessions: Session[] = [];
      const rows = new Map<Asn, Set<number>>();
      for (const step of all) {
        take(votes, sessions, step);
        if (step.kind === 'join' || step.kind === 'part') {
          const row = rows.get(step.voter) ?? new Set();
          for (const one of step.units)
            if (step.kind === 'join') row.add(one);
            else row.delete(one);
          rows.set(step.voter, row);
        }
        expectCounted(votes, sessions, rows);
      }
    }),
    { numRuns: 300 },
  );
});

/** Counts everything again from who sees what and who usually does. */
function expectCounted(
  votes: VoteCount,
  sessions: readonly Session[],
  rows: ReadonlyMap<Asn, ReadonlySet<number>>,
): void {
  const units = [...Array(UNITS).keys()];
  const voters = [...new Set(sessions.map(({ voter }) => voter))];
  const sees = (voter: Asn, one: number): boolean =>
    sessions.some((session) => session.voter === voter && session.sees.has(one));
  const usually = (voter: Asn, one: number): boolean => rows.get(voter)?.has(one) === true;
  const seen = units.map((one) => voters.filter((voter) => sees(voter, one)).length);
  const usual = units.map((one) => voters.filter((voter) => usually(voter, one)).length);
  const standing = units.map((one) => voters.filter((voter) => usually(voter, one) && sees(voter, one)).length);
  const visible = units.map((one) =>
    (usual[one] ?? 0) > 0 ? (standing[one] ?? 0) * 2 > (usual[one] ?? 0) : (seen[one] ?? 0) * 2 > voters.length,
  );
  const baseline = units.filter((one) => [...rows.values()].some((row) => row.has(one)));
  const witnesses = voters.filter((voter) => units.some((one) => usually(voter, one)));
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const sumOf = (belongs: (one: number) => boolean): Sum => {
    const some = units.filter(belongs);
    return { units: some.length, seen: total(some.map((one) => seen[one] ?? 0)) };
  };

  expect([...votes.seen]).toEqual(seen);
  expect([...votes.usual]).toEqual(usual);
  expect([...votes.standing]).toEqual(standing);
  expect([...votes.visible]).toEqual(visible.map(Number));
  expect(votes.voters).toBe(voters.length);
  expect(votes.ofShown).toMatchObject(sumOf((one) => (seen[one] ?? 0) > 0));
  expect(votes.ofVisible).toMatchObject(sumOf((one) => visible[one] === true));
  expect(votes.baselineUnits).toBe(baseline.length);
  expect(votes.leftUnits).toBe(baseline.filter((one) => visible[one] === true).length);
  expect(votes.share).toBe(total(usual) === 0 ? 0 : total(standing) / total(usual));
  expect(votes.witnesses).toBe(witnesses.length);
  expect(votes.seeing).toBe(
    witnesses.filter((voter) => units.some((one) => usually(voter, one) && sees(voter, one))).length,
  );
  expect(votes.blank).toBe(voters.filter((voter) => !units.some((one) => sees(voter, one))).length);
  for (const voter of voters)
    expect(votes.extras(voter)).toBe(units.filter((one) => sees(voter, one) && !usually(voter, one)).length);
}
