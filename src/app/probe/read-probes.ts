import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ETIQUETTE } from '../../../streams/probe/etiquette.ts';
import type { AtlasPlan } from '../../../streams/atlas/follow.ts';
import type { Probed, ProbePlan } from '../../../streams/probe/rounds.ts';
import type { ProbesFile } from '../../config/probes-file.ts';
import type { ListedTarget } from '../../config/probes-schema.ts';
import { readConfigText } from '../../config/config-text.ts';
import type { Result } from '../../lib/result.ts';
import type { Territory } from '../../territory/territory.ts';
import { packageRoot, packageVersion } from '../package-root.ts';

/**
 * Reads a file of `watch --probes`.
 *
 * @param territories all that can be watched: targets must lie in their blocks.
 */
export async function readProbes(file: string, territories: readonly Territory[]): Promise<Result<ProbesFile>> {
  const text = await readConfigText(file);
  if (!text.ok) return text;
  const { parseProbes } = await import('../../config/probes-file.ts');
  const { everyMs, minEveryMs, maxEveryMs, maxTargets } = ETIQUETTE;
  const limits = { everyMs, minEveryMs, maxEveryMs, maxTargets };
  return parseProbes(text.value, file, { territories, builtIn: await builtInTargets(), limits });
}

/** The lists in the package (`probes/KP.yaml`), by id of a territory. */
export async function builtInTargets(): Promise<ReadonlyMap<string, readonly ListedTarget[]>> {
  const { parseTargetList } = await import('../../config/probes-file.ts');
  const folder = join(packageRoot(), 'probes');
  const lists = new Map<string, readonly ListedTarget[]>();
  for (const name of (await readdir(folder)).filter((entry) => entry.endsWith('.yaml'))) {
    const list = parseTargetList(await readFile(join(folder, name), 'utf8'), join(folder, name));
    if (!list.ok) throw new Error(list.faults.join('; '));
    lists.set(name.slice(0, -'.yaml'.length), list.value);
  }
  return lists;
}

/** What `watch --probes` does: send probes, read results of RIPE Atlas, or both. */
export interface ReachPlan {
  readonly own: ProbePlan | undefined;
  readonly atlas: AtlasPlan | undefined;
}

/** The plan for these territories; targets of other territories are not probed. */
export function planOf(file: ProbesFile, ids: readonly string[]): ReachPlan {
  const listed = [
    ...file.controls.map((one) => ({ territory: undefined, ...one })),
    ...ids.flatMap((territory) => (file.territories.get(territory) ?? []).map((one) => ({ territory, ...one }))),
  ];
  const probed = (isControl: boolean): readonly Probed[] =>
    listed
      .filter(({ territory }) => (territory === undefined) === isControl)
      .map(({ territory, service, target }) => ({ territory, service, target }));
  const { contact, everyMs, own, atlas } = file;
  const userAgent = `unroutable/${packageVersion()} (reachability; ${contact})`;
  const ask = { timeoutMs: ETIQUETTE.timeoutMs, userAgent };
  const measurements = listed.flatMap(({ territory, service, target, atlas: named }) =>
    named.map((id) => ({ id, territory, service, target })),
  );
  const api = { url: atlas.api, userAgent };
  return {
    own: own ? { controls: probed(true), targets: probed(false), everyMs, ask } : undefined,
    atlas: measurements.length > 0 ? { measurements, api, streamUrl: atlas.stream, everyMs } : undefined,
  };
}
