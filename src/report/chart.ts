import type { EventTime } from '../bgp/time.ts';
import { labelRow, ticksOf, type Tick } from './axis.ts';
import { utcText, utcWall, type LocalClock } from './clock.ts';
import { columnsOf, type Span } from './columns.ts';
import type { Bin, SeenShare } from './history.ts';
import type { Paint, Tone } from './paint.ts';
import { counted, printable } from './printable.ts';

/** How a chart is drawn. */
export interface ChartOptions {
  /** The title above the chart: `North Korea`. */
  readonly title: string;
  readonly span: Span;
  /** The last moment that was read. Later time is unknown. @default the end of the span */
  readonly end?: EventTime;
  readonly clock: LocalClock;
  /** Shares at which a line is drawn. */
  readonly thresholds: readonly number[];
  /** Columns of the terminal; at least 40. */
  readonly width: number;
  readonly charset: Charset;
  readonly paint: Paint;
}

/** The characters that a chart may use. */
export type Charset = 'unicode' | 'ascii';

/**
 * A chart of one territory and family in two parts. An area shows the share of the voters that see it, with the
 * policy's thresholds as lines. Below, each network has a lifeline with gaps where most voters did not see it. Unknown time is hatched
 * in both: too few voters, a network that no voter ever reported, before the first record, after the last one. The axis
 * shows UTC and the territory's local time.
 */
export function chartLines(bins: readonly Bin[], options: ChartOptions): readonly string[] {
  const { span, clock, charset, paint, title } = options;
  const glyphs = GLYPHS[charset];
  const units = shownUnits(bins);
  const gutter = Math.max(MIN_GUTTER, ...units.shown.map((unit) => unit.length), clock.place?.length ?? 0) + 1;
  const count = Math.max(20, Math.max(40, options.width) - gutter - 1);
  const columns = columnsOf(bins, span, count, options.end);
  const ticks = ticksOf(span, count);

  const row = (label: string, cells: readonly Cell[]) =>
    `${printable(label).padStart(gutter - 1)} ${painted(cells, paint)}`;
  const words = (label: string, text: string) => `${label.padStart(gutter - 1)} ${text}`.trimEnd();
  return [
    paint('strong', printable(title)),
    paint('dim', `${utcText(span.from)} to ${utcText(span.to)}, share that has a route`),
    ...areaRows(columns, options.thresholds, glyphs).map(({ label, cells }) => row(label, cells)),
    ...units.shown.map((unit) => row(unit, lifeline(columns, unit, glyphs))),
    ...(units.hidden > 0 ? [words('', `and ${counted(units.hidden, 'more network', 'more networks')}`)] : []),
    words('', axisRow(ticks, count, glyphs)),
    words('UTC', labelRow(ticks, count, utcWall)),
    ...(clock.place === undefined
      ? []
      : [
          words(
            clock.place,
            labelRow(ticks, count, (at) => clock.wall(at)),
          ),
        ]),
    words('', legend(glyphs)),
  ];
}

interface Cell {
  readonly glyph: string;
  readonly tone: Tone;
}

interface Glyphs {
  /** From an eighth of a cell to a whole one. */
  readonly levels: string;
  readonly between: string;
  readonly unknown: string;
  readonly line: string;
  readonly seen: string;
  readonly partly: string;
  readonly lost: string;
  readonly axis: string;
  readonly tick: string;
}

const GLYPHS: Readonly<Record<Charset, Glyphs>> = {
  unicode: {
    levels: '▁▂▃▄▅▆▇█',
    between: '░',
    unknown: '╱',
    line: '┈',
    seen: '▇',
    partly: '▃',
    lost: '·',
    axis: '─',
    tick: '┴',
  },
  ascii: {
    levels: '    ####',
    between: ':',
    unknown: '/',
    line: '-',
    seen: '#',
    partly: '+',
    lost: '.',
    axis: '-',
    tick: '+',
  },
};

const AREA_ROWS = 10;
const MIN_GUTTER = '100 %'.length;

function areaRows(columns: readonly (Bin | undefined)[], thresholds: readonly number[], glyphs: Glyphs) {
  const lines = new Map(
    thresholds.map((share) => [Math.min(AREA_ROWS - 1, Math.floor((1 - share) * AREA_ROWS + 1e-9)), share]),
  );
  return Array.from({ length: AREA_ROWS }, (_, r) => {
    const line = lines.get(r);
    const label = line === undefined ? (r === 0 ? '100 %' : '') : `${Math.round(line * 100)} %`;
    const empty: Cell = line === undefined ? { glyph: ' ', tone: 'plain' } : { glyph: glyphs.line, tone: 'dim' };
    const floor = (AREA_ROWS - 1 - r) / AREA_ROWS;
    return { label, cells: columns.map((bin) => areaCell(bin, floor, empty, glyphs)) };
  });
}

/** A cell: solid up to the lowest share of its time, shaded up to the highest. */
function areaCell(bin: Bin | undefined, floor: number, empty: Cell, glyphs: Glyphs): Cell {
  if (bin?.range === undefined || bin.blind) return notKnown(glyphs);
  const lowest = eighths(bin.range.lowest - floor);
  if (lowest === 8) return { glyph: glyphs.levels.at(-1) ?? '', tone: 'good' };
  if (eighths(bin.range.highest - floor) - lowest >= 4) return { glyph: glyphs.between, tone: 'warn' };
  const level = lowest === 0 ? ' ' : glyphs.levels.charAt(lowest - 1);
  return level === ' ' ? empty : { glyph: level, tone: 'good' };
}

function notKnown({ unknown }: Glyphs): Cell {
  return { glyph: unknown, tone: 'blind' };
}

function eighths(above: number): number {
  return Math.max(0, Math.min(8, Math.round(above * AREA_ROWS * 8)));
}

/** A network is seen where more than half of the voters see it. */
function lifeline(columns: readonly (Bin | undefined)[], unit: string, glyphs: Glyphs): readonly Cell[] {
  return columns.map((bin) => {
    const range = bin?.units.get(unit)?.range;
    if (bin === undefined || range === undefined || bin.blind) return notKnown(glyphs);
    if (range.lowest > 0.5) return { glyph: glyphs.seen, tone: 'good' };
    return range.highest > 0.5 ? { glyph: glyphs.partly, tone: 'warn' } : { glyph: glyphs.lost, tone: 'bad' };
  });
}

/** Lifelines that fit under a chart on a screen of 24 lines. */
const MOST_LIFELINES = 6;

/** The networks to draw, in address order. If there are too many, those that were seen least. */
function shownUnits(bins: readonly Bin[]): { readonly shown: readonly string[]; readonly hidden: number } {
  const lowest = new Map<string, number>();
  for (const bin of bins) {
    for (const [unit, seen] of bin.units) {
      const before = lowest.get(unit) ?? 1;
      lowest.set(unit, bin.blind ? before : least(seen, before));
    }
  }
  const units = [...lowest.keys()];
  if (units.length <= MOST_LIFELINES) return { shown: units, hidden: 0 };
  const chosen = new Set(
    units.toSorted((a, b) => (lowest.get(a) ?? 1) - (lowest.get(b) ?? 1)).slice(0, MOST_LIFELINES),
  );
  return { shown: units.filter((unit) => chosen.has(unit)), hidden: units.length - MOST_LIFELINES };
}

function least({ range }: SeenShare, before: number): number {
  return Math.min(range?.lowest ?? 1, before);
}

function axisRow(ticks: readonly Tick[], count: number, glyphs: Glyphs): string {
  const marks = new Set(ticks.map(({ column }) => column));
  return Array.from({ length: count }, (_, column) => (marks.has(column) ? glyphs.tick : glyphs.axis)).join('');
}

function legend({ seen, lost, unknown, partly, between }: Glyphs): string {
  return `${seen} seen by most  ${lost} by fewer  ${partly} ${between} both in that time  ${unknown} not known`;
}

/** Neighbouring cells of one tone get one colour code. */
function painted(cells: readonly Cell[], paint: Paint): string {
  let text = '';
  let run = '';
  let tone: Tone = 'plain';
  for (const cell of cells) {
    if (cell.tone !== tone) {
      text += paint(tone, run);
      run = '';
      tone = cell.tone;
    }
    run += cell.glyph;
  }
  return text + paint(tone, run);
}
