import { endOf, unseenOf, upstreamOf, type Peers, type Picture, type PictureTimeline } from './pictures.ts';

/** Colours of a picture, in CSS form. */
export interface Palette {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly ground: string;
  /** Time in which we could not see. */
  readonly blind: string;
  readonly good: string;
  readonly bad: string;
  readonly accent: string;
}

/** How pictures look. */
export interface Style {
  readonly palette: Palette;
  /** CSS font family. */
  readonly font: string;
  /** Room for names on the left, pixels. */
  readonly left: number;
  /** What is shown below the picture at a moment (ms since 1970), a row each. @default UTC, as ECharts writes it */
  readonly clocks?: readonly { readonly name: string; readonly label: (at: number) => string }[];
}

/** What is drawn: its range (ms since 1970), and the data behind it. */
export interface Drawn {
  readonly from: number;
  readonly until: number;
  readonly timeline: PictureTimeline;
  /** The same to the second, where the range is short enough. */
  readonly fine: PictureTimeline;
  readonly peers: Peers | undefined;
  readonly timeText: (at: number) => string;
  readonly style: Style;
}

/** An option of ECharts. */
export type ChartOption = Readonly<Record<string, unknown>>;

/** Colours that colour-blind people can distinguish (Okabe and Ito). */
const SERIES = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#7f7f7f', '#999999'];

/** The options for ECharts. The page and reports draw the same picture. */
export function optionOf(picture: Picture, drawn: Drawn): ChartOption {
  const option = { lifelines, visibility, upstreams, messages, peers: peerRows }[picture.id](picture, drawn);
  return { ...common(picture, drawn), ...option };
}

function common({ title, summary }: Picture, { from, until, timeText, style }: Drawn) {
  const { ink, line, ground } = style.palette;
  return {
    useUTC: true,
    animation: false,
    textStyle: { color: ink, fontFamily: style.font },
    aria: { enabled: true, label: { description: `${title}. ${summary}` } },
    grid: { ...gridOf(style), top: 34 },
    legend: legendOf(ink),
    xAxis: timeAxes({ from, until, style }),
    dataZoom: [{ type: 'inside', filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false }],
    tooltip: {
      ...{ trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: ground, borderColor: line },
      textStyle: { color: ink, fontSize: 12 },
      axisPointer: { label: { formatter: ({ value }: { value: number }) => timeText(value) } },
    },
  };
}

function legendOf(ink: string) {
  return { textStyle: { color: ink }, top: 0, type: 'plain', itemHeight: 10, itemGap: 24 };
}

/** The same sides in all pictures, so that a moment is at the same place in each. */
function gridOf({ left, clocks = [] }: Style) {
  return { left, right: 16, bottom: clocks.length > 1 ? 44 : 26 };
}

/** The time below the picture: one row for each clock of the style; otherwise in UTC, as ECharts writes it. */
function timeAxes({ from, until, style }: Pick<Drawn, 'from' | 'until' | 'style'>) {
  const { line, soft } = style.palette;
  const axis = {
    // Bars must not widen the axis: all pictures have the same times one below the other.
    ...{ type: 'time', min: from, max: until, containShape: false },
    axisLine: { onZero: false, lineStyle: { color: line } },
  };
  const { clocks = [] } = style;
  if (clocks.length === 0) return { ...axis, axisLabel: { color: soft, hideOverlap: true } };
  return clocks.map(({ name, label }, row) => ({
    ...{ ...axis, position: 'bottom', offset: row * 17, axisTick: { show: row === 0 } },
    axisLine: { ...axis.axisLine, show: row === 0 },
    ...{ name, nameLocation: 'start', nameGap: 8 },
    nameTextStyle: { color: soft, verticalAlign: 'top', padding: [8, 0, 0, 0] },
    axisLabel: { color: soft, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: label },
  }));
}

function percentAxis({ palette: { line, soft } }: Style) {
  return {
    ...{ type: 'value', min: 0, max: 100, axisLabel: { color: soft, formatter: '{value} %' } },
    splitLine: { lineStyle: { color: line, opacity: 0.5 } },
  };
}

/** Grey areas where we could not see. */
function unseenAreas({ timeline, until, style }: Drawn) {
  const { blind, ink } = style.palette;
  return {
    ...{ silent: true, label: { show: false, color: ink }, itemStyle: { color: blind, opacity: 0.45 } },
    data: unseenOf(timeline, until).map((one) => [{ xAxis: one.from, name: one.why }, { xAxis: one.until }]),
  };
}

type Point = [number, number | null];

/** A value holds for its bucket; where nothing was seen the line is broken. */
function steps(timeline: PictureTimeline, value: (i: number) => number | null): Point[] {
  const points: Point[] = [];
  let end = 0;
  for (const [i, bucket] of timeline.buckets.entries()) {
    const at = Date.parse(bucket.at);
    const seen = bucket.share === null ? null : value(i);
    if (end !== 0 && at > end) points.push([end, null]);
    points.push([at, seen]);
    end = endOf(bucket);
    points.push([end, seen]);
  }
  return points;
}

function visibility(_: Picture, drawn: Drawn) {
  const { fine: timeline } = drawn;
  const { accent, bad, soft } = drawn.style.palette;
  const of = (name: 'mean' | 'lowest') => steps(timeline, (i) => (timeline.buckets[i]?.share?.[name] ?? 0) * 100);
  const line = { type: 'line', showSymbol: false, connectNulls: false };
  return {
    yAxis: percentAxis(drawn.style),
    series: [
      {
        ...{
          ...line,
          name: 'mean',
          data: of('mean'),
          lineStyle: { width: 2, color: accent },
          itemStyle: { color: accent },
        },
        areaStyle: { color: accent, opacity: 0.12 },
        markArea: unseenAreas(drawn),
        markLine: {
          ...{ silent: true, symbol: 'none', label: { formatter: 'half', color: soft, position: 'insideEndTop' } },
          ...{ lineStyle: { color: soft, type: 'dashed' }, data: [{ yAxis: 50 }] },
        },
      },
      { ...line, name: 'lowest', data: of('lowest'), lineStyle: { width: 1, color: bad }, itemStyle: { color: bad } },
    ],
  };
}

function upstreams({ head }: Picture, drawn: Drawn) {
  const { timeline } = drawn;
  const { ground, soft, ink } = drawn.style.palette;
  const asns = head.slice(1, -1);
  const series = [...asns, 'no route'].map((name, n) => ({
    ...{ name, type: 'line', stack: 'all', showSymbol: false, lineStyle: { width: 0 } },
    itemStyle:
      name === 'no route'
        ? { color: ground, borderColor: soft, borderWidth: 1 }
        : { color: SERIES[n % SERIES.length], borderWidth: 0 },
    areaStyle: { opacity: name === 'no route' ? 0 : 0.85 },
    data: steps(timeline, (i) => {
      const shares = timeline.buckets[i]?.upstreams ?? [];
      if (name !== 'no route') return (shares.find(({ asn }) => asn === upstreamOf(name))?.share ?? 0) * 100;
      return 100 - shares.reduce((sum, { share }) => sum + share * 100, 0);
    }),
    ...(n === 0 ? { markArea: unseenAreas(drawn) } : {}),
  }));
  return { yAxis: percentAxis(drawn.style), legend: { ...legendOf(ink), icon: 'rect', itemWidth: 14 }, series };
}

function messages(_: Picture, drawn: Drawn) {
  const { timeline, style } = drawn;
  const { line, soft } = style.palette;
  const bar = { type: 'bar', stack: 'all', barMaxWidth: 12, barMinWidth: 1, large: false };
  const at = ({ at, widthMs }: PictureTimeline['buckets'][number]): number => Date.parse(at) + widthMs / 2;
  return {
    yAxis: {
      ...{ type: 'value', axisLabel: { color: soft, formatter: (value: number) => String(Math.abs(value)) } },
      splitLine: { lineStyle: { color: line, opacity: 0.5 } },
    },
    series: [
      {
        ...{ ...bar, name: 'announcements', itemStyle: { color: '#0072b2' }, markArea: unseenAreas(drawn) },
        data: timeline.buckets.filter((one) => one.announced > 0).map((one) => [at(one), one.announced]),
      },
      {
        ...{ ...bar, name: 'withdrawals', itemStyle: { color: '#d55e00' } },
        data: timeline.buckets.filter((one) => one.withdrawn > 0).map((one) => [at(one), -one.withdrawn]),
      },
    ],
  };
}

/** A box in a row from one time to another. */
type Box = readonly [from: number, until: number, row: number, share: number];

interface Api {
  value(i: number): number;
  coord(point: [number, number]): [number, number];
  size(size: [number, number]): [number, number];
}

interface Clip {
  readonly coordSys: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** Boxes of rows: as dark as the share that is seen, grey where nothing was. `-1`: not seen. */
// oxlint-disable-next-line max-lines-per-function -- the options of one chart
function boxes(names: readonly string[], data: readonly Box[], style: Style) {
  const { good, blind, line, soft } = style.palette;
  return {
    legend: { show: false },
    grid: { ...gridOf(style), top: 10 },
    yAxis: {
      ...{
        type: 'category',
        data: names,
        inverse: true,
        splitLine: { show: names.length <= 16, lineStyle: { color: line } },
      },
      axisLabel: {
        color: soft,
        fontSize: names.length > 16 ? SMALLEST : fontSizeFor(names, style.left - 8),
        hideOverlap: true,
        width: style.left - 4,
        overflow: 'truncate',
      },
    },
    tooltip: { show: false },
    series: [
      {
        ...{ type: 'custom', encode: { x: [0, 1], y: 2 }, data, clip: true },
        renderItem: (params: Clip, api: Api) => {
          const [from, until, row, share] = [api.value(0), api.value(1), api.value(2), api.value(3)];
          const [x, y] = api.coord([from, row]);
          const [end] = api.coord([until, row]);
          const height = api.size([0, 1])[1] * (names.length > 16 ? 0.95 : 0.6);
          const left = Math.max(x, params.coordSys.x);
          const right = Math.min(end, params.coordSys.x + params.coordSys.width);
          return {
            type: 'rect',
            shape: { x: left, y: y - height / 2, width: Math.max(right - left, right >= left ? 0.7 : 0), height },
            style: share < 0 ? { fill: blind, opacity: 0.6 } : { fill: good, opacity: share },
          };
        },
      },
    ],
  };
}

const SMALLEST = 9;

/** The largest size, up to that of the other texts, at which these names fit into this width. */
function fontSizeFor(names: readonly string[], width: number): number {
  const longest = Math.max(1, ...names.map((name) => name.length));
  return Math.min(12, Math.max(SMALLEST, Math.floor(width / (longest * 0.62))));
}

function lifelines(_: Picture, drawn: Drawn) {
  const { fine: timeline, until } = drawn;
  const data: Box[] = [];
  for (const row of timeline.networks.keys()) {
    const add = (from: number, end: number, share: number): void => {
      const last = data.at(-1);
      if (last !== undefined && last[2] === row && last[1] === from && last[3] === share)
        data[data.length - 1] = [last[0], end, row, share];
      else data.push([from, end, row, share]);
    };
    for (const bucket of timeline.buckets)
      if (bucket.share !== null) add(Date.parse(bucket.at), endOf(bucket), bucket.networks[row]?.lowest ?? -1);
    for (const one of unseenOf(timeline, until)) data.push([one.from, one.until, row, -1]);
  }
  return boxes(timeline.networks, data, drawn.style);
}

function peerRows({ rows }: Picture, drawn: Drawn) {
  const names = [...new Set(rows.map(([name]) => String(name)))];
  const index = new Map(names.map((name, i) => [name, i]));
  const most = drawn.peers?.networks ?? 1;
  const data = rows.map(([name, from, until, sees]): Box => [
    Date.parse(String(from)),
    Date.parse(String(until)),
    index.get(String(name)) ?? 0,
    sees === null ? -1 : Number(sees) / Math.max(1, most),
  ]);
  return boxes(
    names.map((name) => name.split(' ')[0] ?? name),
    data,
    drawn.style,
  );
}
