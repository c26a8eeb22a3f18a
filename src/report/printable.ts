/**
 * Controls (C0, C1, DEL), marks that reorder text (Unicode bidirectional controls), line separators, lone surrogates
 * and the byte order mark. Text from a file name, a configuration or an archive must not move the cursor, colour the
 * terminal or change the order of words on the screen.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u{061c}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{feff}]/gu;

/** One line of text that is safe to print: characters that act on a terminal become escapes such as `\u001b`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** Printable text for XML, HTML and SVG: the characters that they reserve are escaped. */
export function inMarkup(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/**
 * JSON on one line that is safe to print. It parses to the same value, because such characters occur only in strings.
 */
export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent);
  return indent === undefined ? printable(text) : text.split('\n').map(printable).join('\n');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1);
  if (last === undefined) return 'none';
  return items.length === 1 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

/** `1 voter`, `2 voters`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}

/** `1,234,567`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `97.3 %`. `100 %` and `0 %` only for exactly 1 and 0. */
export function percent(share: number): string {
  const rounded = Math.round(share * 1000) / 10;
  if (share > 0 && rounded === 0) return 'under 0.1 %';
  if (share < 1 && rounded === 100) return '99.9 %';
  return `${rounded} %`;
}
