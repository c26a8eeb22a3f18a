import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeByTime } from '../../streams/merge.ts';

interface Stamped {
  readonly at: number;
  readonly from: number;
  readonly n: number;
}

async function* streamOf(
  batches: readonly (readonly Stamped[])[],
  left: string[] = [],
  name = '',
): AsyncGenerator<readonly Stamped[]> {
  try {
    for (const batch of batches) yield batch;
  } finally {
    left.push(name);
  }
}

async function merged(streams: readonly AsyncIterable<readonly Stamped[]>[]): Promise<Stamped[]> {
  const out: Stamped[] = [];
  for await (const batch of mergeByTime(streams)) out.push(...batch);
  return out;
}

/** Streams in order of time, cut into batches at random places, some of them empty. */
const streams = fc.array(fc.tuple(fc.array(fc.nat(20), { maxLength: 30 }), fc.array(fc.nat(30), { maxLength: 6 })), {
  maxLength: 5,
});

function cut(times: readonly number[], cuts: readonly number[], from: number): (readonly Stamped[])[] {
  const items = times.toSorted((a, b) => a - b).map((at, n) => ({ at, from, n }));
  const places = [0, ...cuts.toSorted((a, b) => a - b), items.length];
  return places.slice(1).map((end, i) => items.slice(places[i], end));
}

describe('merging by time', () => {
  test('gives every item once, by time, and of equal times the earlier stream first', async () => {
    await fc.assert(
      fc.asyncProperty(streams, async (input) => {
        const batches = input.map(([times, cuts], from) => cut(times, cuts, from));
        const expected = batches.flat(2).toSorted((a, b) => a.at - b.at || a.from - b.from || a.n - b.n);
        expect(await merged(batches.map((batch) => streamOf(batch)))).toEqual(expected);
      }),
    );
  });

  test('the outcome does not depend on how streams are cut into batches', async () => {
    await fc.assert(
      fc.asyncProperty(streams, async (input) => {
        const whole = input.map(([times], from) => streamOf(cut(times, [], from)));
        const parts = input.map(([times, cuts], from) => streamOf(cut(times, cuts, from)));
        expect(await merged(parts)).toEqual(await merged(whole));
      }),
    );
  });

  test('no stream at all is the end', async () => {
    expect(await merged([])).toEqual([]);
  });

  test('leaving early closes every stream', async () => {
    const left: string[] = [];
    const at = (n: number): Stamped => ({ at: n, from: 0, n });
    const open = [streamOf([[at(1)], [at(5)]], left, 'a'), streamOf([[at(2)], [at(3)]], left, 'b')];
    for await (const batch of mergeByTime(open)) {
      if (batch[0]?.at === 2) break;
    }
    expect(left.toSorted()).toEqual(['a', 'b']);
  });
});
