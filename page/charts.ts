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
import { optionOf, type Drawn } from '../src/pictures/options.ts';
import type { Picture } from '../src/pictures/pictures.ts';

use([
  ...[BarChart, CustomChart, LineChart, AriaComponent, DataZoomComponent, GridComponent, LegendComponent],
  ...[MarkAreaComponent, MarkLineComponent, TooltipComponent, CanvasRenderer, SVGRenderer],
]);

export type Chart = EChartsType;

/** An empty chart in an element, which follows its size. */
export function drawIn(element: HTMLElement): Chart {
  const chart = init(element, undefined, { renderer: 'canvas' });
  chart.group = 'pictures';
  connect('pictures');
  // An observer also reports the present size. Skip it, so that the chart is not drawn twice.
  new ResizeObserver(() => {
    if (element.clientWidth !== chart.getWidth() || element.clientHeight !== chart.getHeight()) chart.resize();
  }).observe(element);
  return chart;
}

/** The picture as a separate document. */
export function svgOf(picture: Picture, drawn: Drawn, { width, height }: { width: number; height: number }): string {
  const chart = init(null, undefined, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ ...optionOf(picture, drawn), backgroundColor: drawn.style.palette.ground });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
