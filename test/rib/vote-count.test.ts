import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Asn } from '../../src/bgp/asn.ts';
import { VoteCount, type Sum } from '../../src/rib/vote-count.ts';

const UNITS = 5;
const VOTERS = [64_500, 64_501, 64_502] as readonly number[] as readonly Asn[];

type Step =
  | { readonly kind: 'session'; readonly voter: Asn; readonly units: readonly number[] }
  | { readonly kind: 'flip'; readonly session: number; readonly unit: number }
  | { readonly kind: 'end'; readonly session: number }
  | { readonly kind: 'baseline'; readonly units: readonly number[] };

const unit = fc.nat({ max: UNITS - 1 });
const someUnits = fc.subarray([...Array(UNITS).keys()]);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('session' as const), voter: fc.constantFrom(...VOTERS), units: someUnits }),
    fc.record({ kind: fc.constant('flip' as const), session: fc.nat(), unit }),
    fc.record({ kind: fc.constant('end' as const), session: fc.nat() }),
    fc.record({ kind: fc.constant('baseline' as const), units: someUnits }),
  ),
  { maxLength: 60 },
);

/** A voting session and the units it sees. */
interface Session {
  readonly voter: Asn;
  readonly sees: Set<number>;
}

/** Does what a plane does, and looks again at each unit whose voters are others. */
function take(votes: VoteCount, sessions: Session[], step: Step): void {
  const session = 'session' in step ? sessions[step.session % Math.max(1, sessions.length)] : undefined;
  if (step.kind === 'baseline') votes.setBaseline(step.units);
  else if (step.kind === 'session') {
    sessions.push({ voter: step.voter, sees: new Set(step.units) });
    votes.enter(step.voter);
    for (const one of step.units) votes.see(step.voter, one);
  } else if (session === undefined) return;
  else if (step.kind === 'end') {
    for (const one of session.sees) votes.unsee(session.voter, one);
    votes.leave(session.voter);
    sessions.splice(sessions.indexOf(session), 1);
  } else if (session.sees.delete(step.unit)) votes.unsee(session.voter, step.unit);
  else {
    session.sees.add(step.unit);
    votes.see(session.voter, step.unit);
  }
  for (let one = 0; one < UNITS; one++) votes.reckon(one);
}

test('what is kept added up is what counting all of it anew gives, after each step', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const votes = new VoteCount(UNITS);
      const sessions: Session[] = [];
      let baseline: readonly number[] = [];
      for (const step of all) {
        take(votes, sessions, step);
        if (step.kind === 'baseline') baseline = step.units;

        const voters = [...new Set(sessions.map(({ voter }) => voter))];
        const sees = (voter: Asn, one: number): boolean =>
          sessions.some((session) => session.voter === voter && session.sees.has(one));
        const seen = Array.from({ length: UNITS }, (_, one) => voters.filter((voter) => sees(voter, one)).length);
        const visible = seen.map((count) => count * 2 > voters.length);
        const sumOf = (belongs: (one: number) => boolean): Sum => {
          const units = [...seen.keys()].filter(belongs);
          return { units: units.length, seen: units.reduce((sum, one) => sum + (seen[one] ?? 0), 0) };
        };
        const matters = (one: number): boolean => baseline.length === 0 || baseline.includes(one);

        expect([...votes.seen]).toEqual(seen);
        expect([...votes.visible]).toEqual(visible.map(Number));
        expect(votes.voters).toBe(voters.length);
        expect(votes.ofShown).toMatchObject(sumOf((one) => (seen[one] ?? 0) > 0));
        expect(votes.ofVisible).toMatchObject(sumOf((one) => visible[one] === true));
        expect(votes.ofBaseline).toMatchObject(sumOf((one) => baseline.includes(one)));
        expect(votes.ofLeft).toMatchObject(sumOf((one) => baseline.includes(one) && visible[one] === true));
        expect(votes.seeingNothing).toBe(
          voters.filter((voter) => !seen.some((_, one) => matters(one) && sees(voter, one))).length,
        );
      }
    }),
    { numRuns: 300 },
  );
});
