import { openArchive, type Archive } from '../../app/replay/archive.ts';
import { isTape, openTape } from '../../app/replay/tape-archive.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import { systemClock } from '../../app/system-clock.ts';
import type { Io } from '../../app/io.ts';
import type { Selection } from '../../config/selection.ts';
import type { Prefix } from '../../bgp/prefix.ts';
import { bad, type Result } from '../../lib/result.ts';

/** Opens what a replay names: files, a tape, URLs, the standard input, or a window of the public archives. */
export async function openNamed(
  paths: readonly string[],
  options: ReplayOptions,
  { territories }: Selection,
  io: Io,
): Promise<Result<Archive>> {
  const watch = territories.flatMap(({ territory }) => territory.blocks);
  const tape = paths.find(isTape);
  if (tape !== undefined && paths.length > 1) return bad('usage', `${tape}: a tape is replayed alone`);
  if (tape !== undefined && options.from === undefined) return openTape(tape, options.until);
  const isHere = paths.length > 0 && paths.every((path) => path !== '-' && !/^https?:\/\//i.test(path));
  if (isHere && !choosesFromArchive(options)) return openArchive(paths, { ...options, watch });
  return openFar(paths, options, watch, io);
}

function choosesFromArchive({ from, collectors, project }: ReplayOptions): boolean {
  return from !== undefined || collectors !== undefined || project !== undefined;
}

/** The modules for downloads are loaded on demand: most replays read local files. */
async function openFar(
  paths: readonly string[],
  options: ReplayOptions,
  watch: readonly Prefix[],
  io: Io,
): Promise<Result<Archive>> {
  const { openInputs } = await import('../../app/archive/inputs.ts');
  const { meansOf, windowOptions } = await import('../archive/means.ts');
  const means = meansOf(options, io, systemClock);
  const inputs = await openInputs(paths, windowOptions(options), io, means.window);
  means.close();
  if (!inputs.ok) return inputs;
  const { missing, wanted, spooled, close } = inputs.value;
  if (inputs.value.paths.length === 0) return bad('files', ...missing.map(({ file, what }) => `${file}: ${what}`));
  const known = { ...options, watch, missing, close, ...(wanted !== undefined && { wanted }) };
  const archive = await openArchive(inputs.value.paths, known);
  if (archive.ok) return archive;
  await close();
  // The user named `-`, and not the file that it was copied into.
  const faults = archive.faults.map((text) => (spooled === undefined ? text : text.replaceAll(spooled, '-')));
  return bad(archive.kind, ...faults);
}
