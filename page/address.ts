/** The view of the page, as its address encodes it: a link shows the same view. */
export interface Shown {
  readonly subject: string | undefined;
  /** Hours up to the present, `all`, or a fixed range. */
  readonly range: string;
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly incident: string | undefined;
}

/** The ranges to pick: name, and hours. */
export const RANGES: readonly (readonly [name: string, label: string, hours: number])[] = [
  ['1h', '1 hour', 1],
  ['6h', '6 hours', 6],
  ['1d', '1 day', 24],
  ['7d', '7 days', 7 * 24],
  ['30d', '30 days', 30 * 24],
  ['1y', '1 year', 366 * 24],
  ['all', 'All', 0],
];

export function readAddress(hash: string): Shown {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const [territory, family] = [fields.get('territory'), fields.get('family') ?? 'ipv4'];
  const range = fields.get('range') ?? '1d';
  const from = timeOf(fields.get('from'));
  const until = timeOf(fields.get('until'));
  return {
    subject: territory === null ? undefined : `${territory}/${family}`,
    range: from !== undefined && until !== undefined ? 'fixed' : RANGES.some(([name]) => name === range) ? range : '1d',
    ...{ from, until },
    incident: fields.get('incident') ?? undefined,
  };
}

export function addressOf({ subject, range, from, until }: Omit<Shown, 'incident'>): string {
  const [territory = '', family = 'ipv4'] = (subject ?? '').split('/');
  const fields = new URLSearchParams({ territory, family });
  if (range === 'fixed' && from !== undefined && until !== undefined) {
    fields.set('from', from);
    fields.set('until', until);
  } else fields.set('range', range);
  return `#${fields.toString()}`;
}

function timeOf(text: string | null): string | undefined {
  const at = Date.parse(text ?? '');
  return Number.isFinite(at) ? new Date(at).toISOString() : undefined;
}
