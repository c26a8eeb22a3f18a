import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
} from 'echarts/components';
import { connect, init, use, type EChartsType } from 'echarts/core';
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers';
import { optionOf, type Drawn, type Style } from '../src/pictures/options.ts';
import type { Picture } from '../src/pictures/pictures.ts';

use([
  ...[BarChart, CustomChart, LineChart, AriaComponent, DataZoomComponent, GridComponent, LegendComponent],
  ...[MarkAreaComponent, MarkLineComponent, TooltipComponent, CanvasRenderer, SVGRenderer],
]);

export type Chart = EChartsType;

/** How the page looks now: its colours are those of its styles. */
export function styleOfPage(): Style {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    palette: {
      ...{ ink: of('ink'), soft: of('soft'), line: of('line'), ground: of('ground'), blind: of('blind') },
      ...{ good: of('routable'), bad: of('unroutable'), accent: of('accent') },
    },
    font: 'system-ui, DejaVu Sans, sans-serif',
    left: innerWidth < 700 ? 104 : 124,
  };
}

export function drawIn(element: HTMLElement): Chart {
  const chart = init(element, undefined, { renderer: 'canvas' });
  chart.group = 'pictures';
  connect('pictures');
  new ResizeObserver(() => chart.resize()).observe(element);
  return chart;
}

/** The picture as a document of its own. */
export function svgOf(picture: Picture, drawn: Drawn, { width, height }: { width: number; height: number }): string {
  const chart = init(null, undefined, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ ...optionOf(picture, drawn), backgroundColor: drawn.style.palette.ground });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
