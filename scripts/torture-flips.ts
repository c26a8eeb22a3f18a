/**
 * Flips each bit of each byte of small MRT files, plain, gzip and bzip2, and replays them: `npm run torture:flips --
 * [--scene 'a table dump']`. Prints a line of JSON for each scene and packing; the exit status is 1 if a flipped bit
 * caused a verdict that the intact file does not give. Takes some 20 minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { falseVerdicts, flips, replayHarmed } from '../test/streams/mrt/flips/replay.ts';
import { harmedFile, isExcepted, PACKINGS, SCENES, type Packing, type Scene } from '../test/streams/mrt/flips/scene.ts';

const BITS = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const { values } = parseArgs({ options: { scene: { type: 'string' } } });

for (const scene of SCENES.filter(({ title }) => values.scene === undefined || title === values.scene)) {
  for (const packing of PACKINGS) {
    const report = await torture(scene, packing);
    console.log(JSON.stringify(report));
    if (report.false.length > 0) process.exitCode = 1;
  }
}

async function torture(scene: Scene, packing: Packing) {
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'unroutable-flips-'));
  const bytes = harmedFile(scene, packing);
  const wrong: string[] = [];
  const excepted: Record<string, number> = {};
  let replays = 0;
  try {
    await replayHarmed(folder, scene, [bytes, ...flips(bytes, () => BITS)], (outcome, whole, n) => {
      replays = n;
      const found = n === 0 ? [] : falseVerdicts(outcome, whole);
      if (found.length === 0) return;
      const at = Math.floor((n - 1) / BITS.length);
      const kind = isExcepted(scene, packing, at);
      if (kind === undefined) wrong.push(`byte ${at}, bit ${(n - 1) % BITS.length}: ${found.join(', ')}`);
      else excepted[kind] = (excepted[kind] ?? 0) + 1;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  return {
    torture: 'flips',
    scene: scene.title,
    packing,
    bytes: bytes.length,
    replays,
    excepted,
    false: wrong,
    seconds,
  };
}
