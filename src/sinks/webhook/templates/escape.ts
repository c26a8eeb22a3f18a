/**
 * Control characters, line separators, and marks that change the direction of text: a name with these could show false
 * text.
 */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** One line of visible text with at most `most` characters, cut with an ellipsis. Lone surrogates become U+FFFD. */
export function oneLine(text: string, most: number): string {
  const line = text
    .replace(UNSEEN, ' ')
    .replaceAll(/\p{Cs}/gu, '\u{fffd}')
    .trim();
  if (line.length <= most) return line;
  // A surrogate pair is not cut in two.
  return `${line.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** With mrkdwn off, Slack only interprets `<…>` (links and mentions), and asks to escape these three characters. */
export function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Escapes text for Markdown. A zero-width space breaks mentions, because `@channel` notifies people in Mattermost even
 * after a backslash.
 */
export function markdownText(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]#|~<>]/g, String.raw`\$&`).replaceAll('@', '@\u{200b}');
}

/** Printable ASCII for a header; other characters become `?`. */
export function headerText(text: string, most: number): string {
  return oneLine(text, most).replaceAll(/[^\x20-\x7e]/g, '?');
}
