import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { packageRoot } from '../../app/package-root.ts';
import { captionsOf, clockOf } from '../../app/report/captions.ts';
import type { SubjectFacts } from '../../app/report/facts.ts';
import { DAY_MS, type EventTime } from '../../bgp/time.ts';
import { optionOf, type Drawn, type Palette, type Style } from '../../pictures/options.ts';
import type { Picture } from '../../pictures/pictures.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { createClock, dayText, utcText, type LocalClock } from '../../report/clock.ts';
import type { ReportDocument } from '../../report/report-document.ts';
import { wrapped } from '../../report/wrap.ts';
import { inMarkup } from '../../report/printable.ts';

use([
  BarChart,
  CustomChart,
  LineChart,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  SVGRenderer,
]);

/** Colours: light for paper and mail, dark for dark pages. */
export type Theme = 'light' | 'dark';

/** The colours of the page (page/page.css), and a grey for blind time that is visible on both backgrounds. */
const PALETTES: Readonly<Record<Theme, Palette>> = {
  light: {
    ...{ ground: '#ffffff', ink: '#1b1f24', soft: '#50575f', line: '#c9ced6', accent: '#0b57d0' },
    ...{ good: '#1e6b2b', bad: '#a3201a', blind: '#b4bac2' },
  },
  dark: {
    ...{ ground: '#14171a', ink: '#e8eaed', soft: '#b4bac2', line: '#3c4248', accent: '#8ab4f8' },
    ...{ good: '#7fd58c', bad: '#ff8a80', blind: '#5b636c' },
  },
};

/** The font in the package, so that a PNG is the same everywhere. An SVG falls back to the reader's fonts. */
const FONT = "'DejaVu Sans', Verdana, sans-serif";
const WIDTH = 1200;
const SIDE = 24;

/** One picture as a separate SVG, without text around it. */
export function pictureSvg(picture: Picture, facts: SubjectFacts, theme: Theme): string {
  const drawn = drawnOf(facts, theme);
  const height = heightOf(picture, drawn);
  const chart = init(null, undefined, { renderer: 'svg', ssr: true, width: WIDTH - 2 * SIDE, height });
  // Parts of a chart that only a web page needs.
  const { aria: _a, dataZoom: _d, tooltip: _t, ...option } = optionOf(picture, drawn);
  chart.setOption(option);
  const svg = chart.renderToSVGString();
  chart.dispose();
  // ECharts numbers its drawings and classes per process. Earlier drawings must not change the bytes of later ones.
  const first = Math.min(...[...svg.matchAll(/\bzr\d+-cls-(\d+)/g)].map(([, number]) => Number(number)));
  const name = `${facts.subject.key.replaceAll(/[^\w]/g, '-')}-${picture.id}-`;
  return svg
    .replaceAll(/\b(zr\d+-cls-)(\d+)/g, (_, lead: string, number: string) => `${lead}${Number(number) - first}`)
    .replaceAll(/\bzr\d+-/g, name);
}

function drawnOf(facts: SubjectFacts, theme: Theme): Drawn {
  const { timeline, fine, peers, range } = facts;
  const { from, until } = range;
  return {
    from,
    until,
    timeline,
    fine,
    peers,
    timeText: (at) => utcText(at as EventTime),
    style: styleOf(facts, theme),
  };
}

function styleOf(facts: SubjectFacts, theme: Theme): Style {
  const local = clockOf(facts);
  const days = (facts.range.until - facts.range.from) / DAY_MS;
  const clocks = [createClock(undefined), ...(local.place === undefined ? [] : [local])];
  return {
    palette: PALETTES[theme],
    font: FONT,
    left: 150,
    clocks: clocks.map((clock) => ({ name: clock.place ?? 'UTC', label: (at: number) => labelOf(clock, at, days) })),
  };
}

/** Labels: the day at midnight and on axes in days, otherwise the time. Long ranges have months and years. */
function labelOf(clock: LocalClock, at: number, days: number): string {
  const wall = clock.wall(at as EventTime);
  if (days > 1000) return `${wall.year}-${wall.month}`;
  const minute = wall.time.slice(0, 5);
  return minute === '00:00' || days > 12 ? dayText(wall) : minute;
}

function heightOf({ id, rows }: Picture, { timeline }: Drawn): number {
  if (id === 'lifelines') return 70 + Math.min(600, 30 * timeline.networks.length);
  if (id === 'peers') return 70 + Math.min(800, 14 * new Set(rows.map(([name]) => name)).size);
  return id === 'messages' ? 220 : 300;
}

/** A picture for an article: the answer, the pictures, and their caption. One SVG, fonts by name. */
// oxlint-disable-next-line max-lines-per-function -- one line a part of the picture
export function figureSvg(
  { answer }: Pick<ReportDocument, 'answer'>,
  pictures: readonly Picture[],
  facts: SubjectFacts,
  theme: Theme,
): string {
  const { ground, ink, soft } = PALETTES[theme];
  const parts: string[] = [];
  let y = 18;
  const write = (text: string, look: { size: number; colour: string; bold?: boolean }): void => {
    const { size, colour, bold } = look;
    // DejaVu Sans is 0.6 em wide on average.
    const columns = Math.floor((WIDTH - 2 * SIDE) / (size * 0.6));
    for (const line of wrapped(text, columns)) {
      y += size * 1.35;
      // Only one weight of the font is in the package; a thin outline makes it bold.
      const weight = bold === true ? ` stroke="${colour}" stroke-width="${size / 30}"` : '';
      parts.push(
        `<text x="${SIDE}" y="${Math.round(y)}" font-size="${size}" fill="${colour}"${weight}>${inMarkup(line)}</text>`,
      );
    }
  };
  write(answer, { size: 22, colour: ink, bold: true });
  for (const picture of pictures) {
    y += 16;
    write(picture.title, { size: 15, colour: ink, bold: true });
    y += 8;
    const svg = pictureSvg(picture, facts, theme);
    parts.push(svg.replace('<svg ', `<svg x="${SIDE}" y="${Math.round(y)}" `));
    y += heightOf(picture, drawnOf(facts, theme));
  }
  y += 6;
  for (const caption of captionsOf(facts)) write(caption, { size: 13, colour: soft });
  const height = Math.round(y + 22);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="${FONT}" role="img">`,
    `<title>${inMarkup(answer)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="${ground}"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

let isReady: Promise<void> | undefined;

/** The SVG as PNG at twice its size, with the fonts of the package: the same bytes on every machine. */
export async function pngOf(svg: string): Promise<Result<Uint8Array>> {
  const path = join(packageRoot(), 'dist/fonts/DejaVuSans.ttf');
  let font: Uint8Array;
  try {
    font = new Uint8Array(await readFile(path));
  } catch (error) {
    return bad(
      'files',
      `${path}: ${refusal(error)}; without this font of the package there is no PNG: install it again`,
    );
  }
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
  isReady ??= readFile(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')).then((bytes) =>
    initWasm(bytes),
  );
  await isReady;
  const drawing = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: 2 },
    font: { fontBuffers: [font], defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' },
  });
  const image = drawing.render();
  const png = image.asPng();
  image.free();
  drawing.free();
  return good(png);
}
