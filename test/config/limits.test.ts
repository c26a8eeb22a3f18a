import { describe, expect, test } from 'vitest';
import { tooMany, type Selection } from '../../src/config/selection.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { prefix } from '../support/day.ts';

const selection = (many: number, length: number): Selection => ({
  territories: Array.from({ length: many }, (_, i) => ({
    territory: {
      id: `T${i}`,
      name: `Land ${i}`,
      blocks: [prefix(`${10 + (i >> 8)}.${i & 255}.0.0/${length}`)],
      origins: [],
      timeZone: undefined,
    },
    policy: DEFAULT_POLICY,
  })),
  voting: DEFAULT_VOTING,
});

describe('what one process watches', () => {
  test('is at most 2,000 territories: more are refused with the figure and what to do, as a fault of the file', () => {
    expect(tooMany(selection(2_000, 24), {})).toMatchObject({ ok: true });
    const refused = tooMany(selection(2_001, 24), {});
    expect(refused).toMatchObject({ ok: false, kind: 'configuration' });
    expect(refused.ok ? '' : refused.faults.join()).toMatch(
      /2,001 territories, and one process watches 2,000 at most: split the file and run several, or raise --max-territories/,
    );
  });

  test('is at most 131,072 networks of all territories together', () => {
    expect(tooMany(selection(512, 16), {})).toMatchObject({ ok: true });
    const refused = tooMany(selection(513, 16), {});
    expect(refused.ok ? '' : refused.faults.join()).toMatch(
      /131,328 networks, and one process watches 131,072 at most/,
    );
  });

  test('may be raised', () => {
    expect(tooMany(selection(3_000, 16), { maxTerritories: 3_000, maxNetworks: 1_000_000 })).toMatchObject({
      ok: true,
    });
  });
});
