import type { Style } from '../src/pictures/options.ts';

/** The present colours of the page, from its stylesheet. */
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
