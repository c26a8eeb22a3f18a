import { planMrt } from '../../../streams/mrt/archive/archive.ts';
import { mrtSource } from '../../../streams/mrt/source.ts';
import { healQuestion } from '../../../streams/ripestat/heal.ts';
import { ripestatSource } from '../../../streams/ripestat/source.ts';
import { collectorOf, type Element } from '../../bgp/element.ts';
import { projectOf, type Collector } from '../../bgp/peer.ts';
import { contains, type Prefix, type PrefixText } from '../../bgp/prefix.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { ElementSource } from '../../ports.ts';
import { counted } from '../../report/printable.ts';
import type { GapLog } from './gap-log.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import type { Begun, FeedOptions } from './types.ts';
import { allTerritories, ripestatClient, seedReport, votesNoted } from './healing.ts';

/** The source of the first table; `undefined` with `--seed none`. */
export async function seedSource(
  options: FeedOptions,
  begun: Begun,
  gaps: GapLog,
): Promise<Result<ElementSource | undefined>> {
  const { seed, clock, collectors, log } = options;
  switch (seed.from) {
    case 'none':
      return good(undefined);
    case 'ripestat':
      return good(
        votesNoted(
          ripestatSource({
            client: ripestatClient(options),
            clock,
            territories: allTerritories(options),
            collectors,
            liveSince: () => begun.at,
            report: seedReport(log, begun),
          }),
          begun,
        ),
      );
    case 'mrt': {
      const source = await archiveSource(seed.paths, options);
      return source.ok && options.heal === 'ripestat' ? good(bridged(source.value, options, begun, gaps)) : source;
    }
  }
}

async function archiveSource(paths: readonly string[], options: FeedOptions): Promise<Result<ElementSource>> {
  const { log } = options;
  const planned = await planMrt({ paths });
  if (!planned.ok) return bad('files', `--seed mrt: ${planned.reason}`);
  return good(
    mrtSource(planned.plan, {
      watch: blocksOf(options),
      report: (report) => {
        if (report.type === 'damage') log.warn({ file: report.file }, `${report.file}: ${report.reason}`);
        if (report.type === 'summary')
          log.info(`seeded from the files of ${counted(planned.plan.collectors.length, 'collector')}`);
      },
    }),
  );
}

/**
 * Archives end minutes or hours before the live feed begins. A change in between would stay unknown, so this time is a
 * gap of each collector. It is healed as soon as the feed runs. Collectors that the feed does not include are not
 * healed, because their later messages would not arrive. Territories too large to be healed keep the votes that the
 * files give.
 */
function bridged(seed: ElementSource, options: FeedOptions, begun: Begun, gaps: GapLog): ElementSource {
  const blocks = blocksOf(options);
  return {
    name: seed.name,
    async *elements(signal) {
      const ends = new Map<Collector, EventTime>();
      const covering = new Map<PrefixText, Prefix>();
      for await (const element of seed.elements(signal)) {
        const collector = collectorOf(element);
        if (collector !== undefined) ends.set(collector, element.at);
        const prefix = coveringOf(element, blocks);
        if (prefix !== undefined) covering.set(prefix.text, prefix);
        yield element;
      }
      if (signal.aborted) return;
      begun.prefixes = [...covering.values()];
      const question = healQuestion(allTerritories(options), begun.prefixes);
      if (!question.ok) {
        options.log.warn(`${question.fault.message}: what changed after the files and before the feed is not known`);
        return;
      }
      for (const [collector, at] of [...ends].sort(([, a], [, b]) => a - b)) {
        if (isInLiveFeed(collector, options)) noteMissed(collector, at, begun, gaps);
        yield { type: 'gap', at, collector, reason: 'missing-file' };
      }
    },
  };
}

/** Notes a gap of the collector that begins at `from`. It is over as soon as the feed is complete. */
export function noteMissed(collector: Collector, from: EventTime, begun: Begun, gaps: GapLog): void {
  gaps.gap(collector, from);
  if (begun.at === undefined) begun.missed = [...(begun.missed ?? []), collector];
  else gaps.end(collector, begun.latest ?? begun.at);
}

/** The prefix of a route that covers a block. It must be healed, too, and RIPEstat is asked by prefix. */
function coveringOf(element: Element, blocks: readonly Prefix[]): Prefix | undefined {
  if (element.type !== 'rib' && element.type !== 'announcement') return undefined;
  const { prefix } = element;
  return blocks.some((block) => prefix.length < block.length && contains(prefix, block)) ? prefix : undefined;
}

function isInLiveFeed(collector: Collector, { collectors }: FeedOptions): boolean {
  return collectors === undefined ? projectOf(collector) === 'ris' : collectors.includes(collector);
}

function blocksOf(options: FeedOptions): readonly Prefix[] {
  return allTerritories(options).flatMap(({ blocks }) => blocks);
}
