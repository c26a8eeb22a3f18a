import { describeMeasurement, type Measurement } from '../../../streams/atlas/api.ts';
import type { AtlasPlan } from '../../../streams/atlas/follow.ts';
import { ATLAS_TYPES } from '../../../streams/atlas/result.ts';
import { ask } from '../../../streams/probe/ask.ts';
import type { Probed, ProbePlan } from '../../../streams/probe/rounds.ts';
import type { Io } from '../../app/io.ts';
import { builtInTargets, planOf, readProbes } from '../../app/probe/read-probes.ts';
import { isReached, targetText, type ProbeTarget } from '../../bgp/probe.ts';
import { durationText } from '../../report/clock.ts';
import { readTerritories } from '../../config/selection.ts';
import { bad } from '../../lib/result.ts';
import type { Clock } from '../../ports.ts';
import { counted, printable } from '../../report/printable.ts';
import { systemClock } from '../../app/system-clock.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';

/** The parsed options of `probe check`. */
export interface CheckOptions {
  readonly probes: string;
  /** Ids of territories; none means all in the file. */
  readonly territory?: readonly string[];
  /** Path of the territories file. */
  readonly territories?: string;
}

/**
 * `unroutable probe check`: probes the controls and each target of the file once, one at a time, and prints the
 * results.
 */
export async function checkProbes(options: CheckOptions, io: Io, clock: Clock = systemClock): Promise<ExitStatus> {
  const known = await readTerritories(options.territories);
  if (!known.ok) return failed(known, io);
  const file = await readProbes(
    options.probes,
    known.value.territories.map(({ territory }) => territory),
  );
  if (!file.ok) return failed(file, io);
  const ids = (options.territory ?? [...file.value.territories.keys()]).map((id) => id.toUpperCase());
  const missing = ids.filter((id) => !file.value.territories.has(id));
  if (missing.length > 0)
    return failed(
      bad('usage', ...missing.map((id) => `--territory ${id}: ${options.probes} has no targets for it`)),
      io,
    );
  const { own, atlas } = planOf(file.value, ids);
  const followed = atlas === undefined ? true : await checkMeasurements(atlas, io, clock);
  if (own === undefined) return followed ? EXIT.done : EXIT.notReady;
  const asked = await askAll(own, io, clock);
  return asked === EXIT.done && !followed ? EXIT.notReady : asked;
}

/**
 * Checks that each RIPE Atlas measurement exists, is running, and has the right type for its target. Sends nothing to
 * targets.
 */
async function checkMeasurements({ measurements, api }: AtlasPlan, io: Io, clock: Clock): Promise<boolean> {
  let isWell = true;
  for (const { id, territory = 'control', target } of measurements) {
    const given = await describeMeasurement({ ...api, clock }, id, io.signal);
    if (io.signal.aborted) return false;
    const fault = given.ok ? faultOf(given.value, target) : given.reason;
    if (fault !== undefined) isWell = false;
    const every = given.ok && given.value.everyMs !== undefined ? `, every ${durationText(given.value.everyMs)}` : '';
    const found = fault ?? `${given.ok ? given.value.status : ''}${every}`;
    const cells = [territory.padEnd(8), 'atlas', targetText(target).padEnd(44), `measurement ${id}`];
    io.stdout.write(`${printable(`${cells.join(' ')}  ${found}`)}\n`);
  }
  return isWell;
}

function faultOf({ type, everyMs, status }: Measurement, { kind }: ProbeTarget): string | undefined {
  if (type !== ATLAS_TYPES[kind]) return `is of type ${type}; ${kind} is asked by ${ATLAS_TYPES[kind] ?? 'none'}`;
  if (everyMs === undefined) return 'runs once; only one that goes on can be followed';
  return status === 'Ongoing' ? undefined : `is not under way: ${status}`;
}

async function askAll(plan: ProbePlan, io: Io, clock: Clock): Promise<ExitStatus> {
  const controls = await askEach(plan.controls, plan, { io, clock });
  if (io.signal.aborted) return EXIT.interrupted;
  if (controls.reached === 0) {
    io.stdout.write('No control can be reached: the fault is ours. The targets were not asked.\n');
    return EXIT.notReady;
  }
  const targets = await askEach(plan.targets, plan, { io, clock });
  if (io.signal.aborted) return EXIT.interrupted;
  io.stdout.write(
    `${counted(targets.answered, 'target')} of ${plan.targets.length} answered as asked; ` +
      `${targets.reached - targets.answered} more can be reached. Leave out of the file what does not answer.\n`,
  );
  return targets.answered === plan.targets.length ? EXIT.done : EXIT.notReady;
}

async function askEach(
  all: readonly Probed[],
  plan: ProbePlan,
  { io, clock }: { readonly io: Io; readonly clock: Clock },
): Promise<{ readonly answered: number; readonly reached: number }> {
  let [answered, reached] = [0, 0];
  for (const { territory = 'control', service, target } of all) {
    const begunMs = clock.monotonicMs();
    const finding = await ask(target, plan.ask, io.signal);
    if (finding === undefined) break;
    const { result } = finding;
    if (result === 'answered') answered++;
    if (result !== undefined && isReached(result)) reached++;
    const [word, detail] = result === undefined ? ['not asked', finding.failure] : [result, finding.detail];
    const ms = Math.round(clock.monotonicMs() - begunMs);
    const cells = [territory.padEnd(8), service.padEnd(5), targetText(target).padEnd(44), word.padEnd(9)];
    io.stdout.write(`${printable(`${cells.join(' ')} ${String(ms).padStart(5)} ms  ${detail}`)}\n`);
  }
  return { answered, reached };
}

/**
 * `unroutable probe targets`: prints the built-in lists, with the source and the date of each address. Sends nothing.
 */
export async function listTargets(io: Io): Promise<ExitStatus> {
  for (const [id, list] of await builtInTargets()) {
    for (const { service, target, source = '', date = '' } of list) {
      const text = `${id.padEnd(4)} ${service.padEnd(5)} ${targetText(target).padEnd(40)} ${date}  ${source}`;
      io.stdout.write(`${printable(text)}\n`);
    }
  }
  return EXIT.done;
}
