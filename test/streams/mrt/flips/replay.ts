import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Element } from '../../../../src/bgp/element.ts';
import type { UnroutableEvent } from '../../../../src/detect/events/event.ts';
import { planMrt } from '../../../../streams/mrt/archive/archive.ts';
import type { MrtReport } from '../../../../streams/mrt/play/report.ts';
import type { ScanBatch, ScanJob } from '../../../../streams/mrt/scan/scan-job.ts';
import { scanFile } from '../../../../streams/mrt/scan/scan.ts';
import { mrtSource } from '../../../../streams/mrt/source.ts';
import { Day, KP, lineOf } from '../../../support/day.ts';
import type { Scene } from './scene.ts';

/** What a replay of a scene came to. */
export interface Outcome {
  readonly events: readonly UnroutableEvent[];
  /** Whether anything that could not be read was reported. */
  readonly isReported: boolean;
}

const BAD = new Set(['country.unroutable', 'country.degraded']);
/** Milliseconds. A message that is lost may move what the others decided by so much. */
const NEAR = 60_000;

/**
 * Replays files as the command does, to the events, again and again with one of them harmed. What cannot differ the second
 * time is done once: the search in their folder, the scan of a file that stays, and the events of the same elements.
 */
class Replays {
  readonly #paths: readonly string[];
  readonly #harmed: string;
  readonly #scans = new Map<string, Promise<readonly ScanBatch[]>>();
  readonly #events = new Map<string, readonly UnroutableEvent[]>();

  constructor(paths: readonly string[], harmed: string) {
    this.#paths = paths;
    this.#harmed = harmed;
  }

  async replay(): Promise<Outcome> {
    const reports: MrtReport[] = [];
    const planned = await planMrt({ paths: this.#paths });
    if (!planned.ok) return { events: [], isReported: true };
    const source = mrtSource(planned.plan, {
      watch: KP.blocks,
      scanned: { open: (job) => this.#scan(job), close: () => Promise.resolve() },
      report: (report) => void reports.push(report),
    });
    const elements: Element[] = [];
    for await (const element of source.elements(new AbortController().signal)) elements.push(element);
    return { events: this.#eventsOf(elements), isReported: planned.plan.refused.length > 0 || reports.some(isDamage) };
  }

  async *#scan(job: ScanJob): AsyncGenerator<ScanBatch, void> {
    if (job.path.endsWith(this.#harmed)) return yield* scanFile(job);
    const kept = this.#scans.get(job.path) ?? all(scanFile(job));
    this.#scans.set(job.path, kept);
    yield* await kept;
  }

  /** Most bits harm nothing that is read, or the same message in the same way. */
  #eventsOf(elements: readonly Element[]): readonly UnroutableEvent[] {
    const key = createHash('sha1').update(JSON.stringify(elements)).digest('hex');
    const known = this.#events.get(key);
    if (known !== undefined) return known;
    const day = new Day();
    for (const element of elements) day.apply(element);
    this.#events.set(key, day.events);
    return day.events;
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

function isDamage(report: MrtReport): boolean {
  if (report.type === 'dump') return report.flaw !== undefined;
  return report.type === 'damage' || report.type === 'problem' || report.type === 'missing-file';
}

/** The false verdicts of a replay: those that the whole files do not give, unless it was reported before that too little is known. */
export function falseVerdicts({ events, isReported }: Outcome, right: Outcome): readonly string[] {
  const isRight = (event: UnroutableEvent): boolean =>
    right.events.some((other) => other.type === event.type && Math.abs(sinceOf(other) - sinceOf(event)) <= NEAR);
  const blind = events.findIndex(({ type }) => type === 'country.unknown');
  return events
    .filter((event, i) => BAD.has(event.type) && !isRight(event) && !(isReported && blind >= 0 && blind < i))
    .map(lineOf);
}

function sinceOf({ data, time }: UnroutableEvent): number {
  return Date.parse('since' in data ? data.since : time);
}

/** Writes a scene and replays it with each of these files in turn. The first one is whole: each outcome comes with its. */
export async function replayHarmed(
  folder: string,
  scene: Scene,
  files: Iterable<Uint8Array>,
  each: (outcome: Outcome, whole: Outcome, n: number) => void,
): Promise<void> {
  const place = join(folder, 'rrc77');
  mkdirSync(place, { recursive: true });
  for (const { name, bytes } of scene.files) writeFileSync(join(place, name), bytes);
  const paths = scene.files.map(({ name }) => join(place, name));
  const replays = new Replays(paths, scene.harmed);
  let whole: Outcome | undefined;
  let n = 0;
  for (const bytes of files) {
    writeFileSync(join(place, scene.harmed), bytes);
    const outcome = await replays.replay();
    whole ??= outcome;
    each(outcome, whole, n++);
  }
}

/** The file with one bit turned, for each of these bits of each byte. */
export function* flips(bytes: Uint8Array, bits: (at: number) => readonly number[]): Generator<Uint8Array> {
  for (const at of bytes.keys()) {
    for (const bit of bits(at)) {
      const harmed = Uint8Array.from(bytes);
      harmed[at] = (harmed[at] ?? 0) ^ (1 << bit);
      yield harmed;
    }
  }
}
