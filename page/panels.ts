import { optionOf, type Drawn } from '../src/pictures/options.ts';
import { csvOf, type Picture } from '../src/pictures/pictures.ts';
import type * as Library from './charts.ts';
import { button, byId, fillTable, made, save } from './dom.ts';
import { styleOfPage } from './style.ts';

type Charts = typeof Library;
type Chart = Library.Chart;

interface Panel {
  readonly figure: HTMLElement;
  readonly canvas: HTMLElement;
  /** `undefined`: not drawn yet. */
  chart: Chart | undefined;
  picture: Picture;
  drawn: Drawn;
}

const panels = new Map<Picture['id'], Panel>();
/** The chart library is the largest part of the page, so it is loaded while the API is queried. */
const library: Promise<Charts> = import('./charts.ts');
let turn = 0;

/** What the panels need from the rest of the page. */
export interface Around {
  /** The start of the names of saved files. */
  readonly fileName: () => string;
  /** Called when a reader has zoomed into a range, ms since 1970. */
  readonly zoomed: (from: number, until: number) => void;
}

/** Shows exactly these pictures: first their text, then each drawing in a separate task, from the top. */
export async function showPictures(pictures: readonly Picture[], drawn: Drawn, around: Around): Promise<void> {
  const mine = ++turn;
  removeBut(pictures.map(({ id }) => id));
  for (const picture of pictures) showWords(picture, drawn, around);
  const charts = await library;
  for (const { id } of pictures) {
    const panel = panels.get(id);
    if (mine !== turn || panel === undefined) return;
    draw(panel, charts, around);
    await nextTask();
  }
  if (mine === turn) byId('pictures').dataset['loaded'] = String(Date.now());
}

/** Removes all pictures: there is nothing to show. */
export function hidePictures(): void {
  turn++;
  removeBut([]);
}

function removeBut(ids: readonly Picture['id'][]): void {
  for (const [id, { figure, chart }] of panels)
    if (!ids.includes(id)) {
      chart?.dispose();
      figure.remove();
      panels.delete(id);
    }
}

/** Draws all pictures again in the present colours of the page. */
export function restyle(): void {
  for (const { chart, picture, drawn } of panels.values())
    chart?.setOption(optionOf(picture, { ...drawn, style: styleOfPage() }), { notMerge: true });
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function showWords(picture: Picture, drawn: Drawn, around: Around): void {
  const { id, title, summary } = picture;
  const panel = panels.get(id) ?? newPanel(picture, drawn, around);
  panel.picture = picture;
  panel.drawn = drawn;
  panels.set(id, panel);
  byId(`${id}-title`).textContent = title;
  byId(`${id}-summary`).textContent = summary;
  byId(`${id}-picture`).setAttribute('aria-label', `${title}. ${summary}`);
  const numbers = byId(`${id}-numbers`) as HTMLDetailsElement;
  if (numbers.open) showNumbers(id);
}

function draw(panel: Panel, { drawIn }: Charts, { zoomed }: Around): void {
  if (panel.chart === undefined) {
    const chart = drawIn(panel.canvas);
    chart.on('datazoom', () => watchZoom(chart, zoomed));
    panel.chart = chart;
  }
  panel.chart.setOption(optionOf(panel.picture, panel.drawn), { notMerge: true });
}

function newPanel(picture: Picture, drawn: Drawn, { fileName }: Around): Panel {
  const { id, title } = picture;
  const figure = made('figure', '', { id, 'aria-labelledby': `${id}-title` });
  const canvas = made('div', '', { id: `${id}-picture`, class: `picture ${id}`, role: 'img' });
  const numbers = made('details', '', { id: `${id}-numbers` });
  const scroll = made('div', '', {
    class: 'scroll',
    tabindex: '0',
    role: 'region',
    'aria-label': `Numbers of “${title}”`,
  });
  scroll.append(made('table', '', { id: `${id}-table` }));
  numbers.append(made('summary', 'Numbers'), scroll);
  numbers.addEventListener('toggle', () => numbers.open && showNumbers(id));
  figure.append(
    made('h2', title, { id: `${id}-title` }),
    made('p', '', { id: `${id}-summary`, class: 'note' }),
    canvas,
    savers(id, title, fileName),
    numbers,
  );
  byId('pictures').append(figure);
  return { figure, canvas, chart: undefined, picture, drawn };
}

/** Buttons that save a picture. */
function savers(id: Picture['id'], title: string, fileName: () => string): HTMLElement {
  const tools = made('div', '', { class: 'buttons' });
  const kinds: readonly (readonly [string, () => Promise<Blob>])[] = [
    ['PNG', async () => pngOf(panels.get(id)?.chart)],
    ['SVG', async () => new Blob([await svgText(id)], { type: 'image/svg+xml' })],
    ['CSV', async () => new Blob([csvText(id)], { type: 'text/csv' })],
  ];
  for (const [kind, content] of kinds) {
    const one = button(
      kind,
      () => void content().then((blob) => save(`${fileName()}-${id}.${kind.toLowerCase()}`, blob)),
    );
    one.setAttribute('aria-label', `Save “${title}” as ${kind}`);
    tools.append(one);
  }
  return tools;
}

/** Most rows of a table on the page; longer tables are only saved as files. */
const MOST_ROWS = 3_000;

function showNumbers(id: Picture['id']): void {
  const picture = panels.get(id)?.picture;
  if (picture === undefined) return;
  const rows = picture.rows.slice(-MOST_ROWS).map((row) => row.map((value) => (value === null ? '–' : String(value))));
  fillTable(byId(`${id}-table`) as HTMLTableElement, picture.head, rows);
}

async function pngOf(chart: Chart | undefined): Promise<Blob> {
  const background = getComputedStyle(document.body).backgroundColor;
  const url = chart?.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: background }) ?? '';
  const bytes = Uint8Array.from(atob(url.split(',')[1] ?? ''), (char) => char.charCodeAt(0));
  return new Blob([bytes], { type: 'image/png' });
}

async function svgText(id: Picture['id']): Promise<string> {
  const panel = panels.get(id);
  if (panel === undefined) return '';
  const { svgOf } = await library;
  return svgOf(panel.picture, panel.drawn, { width: 1200, height: id === 'peers' ? 700 : 360 });
}

function csvText(id: Picture['id']): string {
  const picture = panels.get(id)?.picture;
  return picture === undefined ? '' : csvOf(picture);
}

let zoomTimer = 0;

/** Reports the range that a reader zoomed into, once it stays for half a second. */
function watchZoom(chart: Chart, zoomed: Around['zoomed']): void {
  clearTimeout(zoomTimer);
  zoomTimer = window.setTimeout(() => {
    const { dataZoom } = chart.getOption() as {
      dataZoom?: { startValue: number; endValue: number; start: number; end: number }[];
    };
    const [zoom] = dataZoom ?? [];
    if (zoom === undefined || (zoom.start === 0 && zoom.end === 100) || zoom.endValue - zoom.startValue < 60_000)
      return;
    zoomed(zoom.startValue, zoom.endValue);
  }, 500);
}
