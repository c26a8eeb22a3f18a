import { expect, test } from 'vitest';
import { lineOf } from '../../../support/day.ts';
import { temporaryFolder } from '../../../support/mrt-run.ts';
import { isThorough } from '../../../support/thorough.ts';
import { falseVerdicts, flips, replayHarmed } from './replay.ts';
import { harmedFile, isExcepted, PACKINGS, type Scene } from './scene.ts';

/** Of these bytes one bit each: a step of three meets all eight bits, whether every byte has its turn or one in three. */
const EVERY = isThorough ? 1 : 3;

function bitsOf(at: number): readonly number[] {
  return at % EVERY === 0 ? [(3 * at) % 8] : [];
}

/**
 * Turns one bit of each byte of a scene's file, in its three packings, and replays the scene each time: no verdict that the
 * whole file does not give, unless the verdict was `unknown` before it and the damage is reported. The bit goes round from
 * byte to byte; `npm run torture:flips` turns all eight of each, in more scenes. A run that is not thorough turns one of
 * every third byte.
 */
export function provesNoFalseVerdict(scene: Scene, verdicts: readonly string[]): void {
  const folder = temporaryFolder();
  test.each(PACKINGS)(`${scene.title}, %s: no turned bit makes a verdict`, { timeout: 300_000 }, async (packing) => {
    const bytes = harmedFile(scene, packing);
    const wrong: string[] = [];
    let excepted = 0;
    await replayHarmed(folder.path, scene, [bytes, ...flips(bytes, bitsOf)], (outcome, whole, harm) => {
      if (harm === 0) {
        expect(outcome.isReported).toBe(false);
        expect(outcome.events.map(lineOf).filter((line) => line.includes('country'))).toEqual(verdicts);
        return;
      }
      const found = falseVerdicts(outcome, whole);
      if (found.length === 0) return;
      const byte = (harm - 1) * EVERY;
      if (isExcepted(scene, packing, byte) !== undefined) excepted++;
      else wrong.push(`byte ${byte}: ${found.join(', ')}`);
    });
    expect(wrong).toEqual([]);
    // Two prefixes of three octets each are watched.
    expect(excepted).toBeLessThanOrEqual(6);
  });
}
