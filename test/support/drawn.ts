/** A box in a picture: its place and size in pixels, and how dark it is. */
export interface DrawnBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly opacity: number;
}

/** Reads numbers back from an SVG of `report`: from the drawing itself, not from its input. */
export class Drawing {
  readonly #svg: string;
  readonly #from: number;
  readonly #until: number;
  /** Where the axis of time begins, and its length: the same in all pictures of a report. */
  static readonly #LEFT = 150;
  static readonly #WIDTH = 986;

  /** @param picture `upstreams`. @param range its first and last moment. */
  constructor(figure: string, picture: string, [from, until]: readonly [string, string]) {
    const pictures = figure.split('<svg x=').filter((part) => part.includes(`-${picture}-cls-`));
    if (pictures.length !== 1) throw new Error(`${pictures.length} pictures ${picture} in this figure`);
    this.#svg = pictures[0] ?? '';
    this.#from = Date.parse(from);
    this.#until = Date.parse(until);
  }

  /** Where a moment is, in pixels. */
  xOf(time: string): number {
    const share = (Date.parse(time) - this.#from) / (this.#until - this.#from);
    return Drawing.#LEFT + Drawing.#WIDTH * share;
  }

  /** Heights of the labels of the value axis, by their text; of two with the same text, the upper one. */
  labels(): ReadonlyMap<string, number> {
    const found = [...this.#svg.matchAll(/text-anchor="end"[^>]*transform="translate\(142 ([\d.]+)\)"[^>]*>([^<]+)</g)];
    return new Map(found.map(([, y, text = '']) => [text, Number(y)]));
  }

  /** Boxes of a colour, in the order of their rows in the data. */
  boxes(colour: string): readonly DrawnBox[] {
    const form = new RegExp(
      `<path d="M([\\d.]+) ([\\d.]+)l([\\d.]+) 0l0 (-?[\\d.]+)l-?[\\d.]+ 0Z" fill="${colour}"(?: fill-opacity="([\\d.]+)")?[^>]*ssr_type="chart"`,
      'g',
    );
    return [...this.#svg.matchAll(form)].map(([, x, y, width, height, opacity]) => ({
      ...{ x: Number(x), y: Number(y), width: Number(width), height: Number(height) },
      opacity: opacity === undefined ? 1 : Number(opacity),
    }));
  }

  /** The height of a line, or of the upper edge of an area, just after each of these moments, in pixels. */
  edge(look: string, times: readonly string[]): readonly number[] {
    const path = new RegExp(`<path d="M([\\d. L]+)Z?" fill="${look}`).exec(this.#svg)?.[1] ?? '';
    const points = path.split('L').map((point) => point.trim().split(' ').map(Number) as [number, number]);
    // An area goes back along its lower edge.
    const end = points.findIndex(([x], i) => i > 0 && x < (points[i - 1]?.[0] ?? 0));
    const upper = end === -1 ? points : points.slice(0, end);
    return times.map((time) => upper.findLast(([x]) => x <= this.xOf(time) + 0.06)?.[1] ?? Number.NaN);
  }
}
