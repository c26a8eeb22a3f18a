/** The element with this id, which always exists. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

/** An element with text. Text is never markup, whatever the feed sent. */
export function made<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text = '',
  attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

export function button(text: string, act: () => void): HTMLButtonElement {
  const element = made('button', text, { type: 'button' });
  element.addEventListener('click', act);
  return element;
}

/** Fills a table: a head, and rows of text. */
export function fillTable(
  table: HTMLTableElement,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const headRow = made('tr');
  headRow.append(...head.map((text) => made('th', text, { scope: 'col' })));
  const body = made('tbody');
  for (const row of rows) {
    const line = made('tr');
    line.append(...row.map((text) => made('td', text)));
    body.append(line);
  }
  const thead = made('thead');
  thead.append(headRow);
  table.replaceChildren(thead, body);
}

/** Lets the reader save a file. */
export function save(name: string, content: Blob): void {
  const link = made('a', '', { download: name, href: URL.createObjectURL(content) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** One formatter for each time zone: creating one takes milliseconds. */
const clocks = new Map<string, Intl.DateTimeFormat>();

/** `2014-12-22 16:15:12 UTC`, and the clock of the territory after it. */
export function timeText(at: number, zone: string | undefined): string {
  const utc = `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  if (zone === undefined) return utc;
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'medium', timeStyle: 'medium' });
    clocks.set(zone, clock);
  }
  const there = clock.format(at);
  return `${utc} (${there} in ${zone.split('/').at(-1)?.replaceAll('_', ' ') ?? zone})`;
}
