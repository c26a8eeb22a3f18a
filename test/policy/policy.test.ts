import { expect, test } from 'vitest';
import { DEFAULT_POLICY, policyFaults } from '../../src/policy/policy.ts';
import { DEFAULT_VOTING, votingFaults } from '../../src/policy/voting-policy.ts';

test('the defaults have no fault', () => {
  expect(policyFaults(DEFAULT_POLICY)).toEqual([]);
  expect(votingFaults(DEFAULT_VOTING)).toEqual([]);
});

test.each([
  [{ unroutableBelow: 0 }, 'unroutableBelow is 0'],
  [{ unroutableBelow: Number.NaN }, 'unroutableBelow is NaN'],
  [{ degradedBelow: 1.5 }, 'degradedBelow is 1.5'],
  [{ unroutableHoldMs: -1 }, 'unroutableHoldMs is -1'],
  [{ settleMs: 0.5 }, 'settleMs is 0.5'],
  [{ minVoters: 0 }, 'minVoters is 0'],
  [{ unroutableBelow: 0.9 }, 'unroutableBelow must be less'],
  [{ restoredAt: 0.05 }, 'restoredAt must not be less'],
  [{ recoveredAt: 0.5 }, 'recoveredAt must not be less'],
  [{ absentBelow: 0.2 }, 'absentBelow must not be more'],
])('%o is refused', (part, word) => {
  expect(policyFaults({ ...DEFAULT_POLICY, ...part }).join('; ')).toContain(word);
});

test('voting is checked as well', () => {
  expect(votingFaults({ ...DEFAULT_VOTING, fullFeedShare: 0, learnMs: -1 })).toHaveLength(2);
});
