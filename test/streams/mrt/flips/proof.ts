import { expect, test } from 'vitest';
import { lineOf } from '../../../support/day.ts';
import { temporaryFolder } from '../../../support/mrt-run.ts';
import { falseVerdicts, flips, replayHarmed } from './replay.ts';
import { harmedFile, isExcepted, PACKINGS, type Scene } from './scene.ts';

/**
 * Turns one bit of each byte of a scene's file, in its three packings, and replays the scene each time: no verdict that the
 * whole file does not give, unless the verdict was `unknown` before it and the damage is reported. The bit goes round from
 * byte to byte; `npm run torture:flips` turns all eight of each, in more scenes.
 */
export function provesNoFalseVerdict(scene: Scene, verdicts: readonly string[]): void {
  const folder = temporaryFolder();
  test.each(PACKINGS)(`${scene.title}, %s: no turned bit makes a verdict`, { timeout: 300_000 }, async (packing) => {
    const bytes = harmedFile(scene, packing);
    const wrong: string[] = [];
    let excepted = 0;
    await replayHarmed(folder.path, scene, [bytes, ...flips(bytes, (at) => [(3 * at) % 8])], (outcome, whole, harm) => {
      if (harm === 0) {
        expect(outcome.isReported).toBe(false);
        expect(outcome.events.map(lineOf).filter((line) => line.includes('country'))).toEqual(verdicts);
        return;
      }
      const found = falseVerdicts(outcome, whole);
      if (found.length === 0) return;
      if (isExcepted(scene, packing, harm - 1) !== undefined) excepted++;
      else wrong.push(`byte ${harm - 1}: ${found.join(', ')}`);
    });
    expect(wrong).toEqual([]);
    // Two prefixes of three octets each are watched.
    expect(excepted).toBeLessThanOrEqual(6);
  });
}
