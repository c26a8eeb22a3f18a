/** Controls, line separators, and what turns the direction of text: a name that holds them could feign other text. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** One line of visible text of so many characters at most, cut with an ellipsis. Half characters become U+FFFD. */
export function oneLine(text: string, most: number): string {
  const line = text
    .replace(UNSEEN, ' ')
    .replaceAll(/\p{Cs}/gu, '\u{fffd}')
    .trim();
  if (line.length <= most) return line;
  // A surrogate pair is not cut in two.
  return `${line.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Slack reads `<…>` as links and mentions and nothing else once mrkdwn is off; it asks for these three to be escaped. */
export function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Text that Markdown shows as it is. A mention is broken by a zero-width space, because `@channel` wakes people in
 * Mattermost even behind a backslash.
 */
export function markdownText(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]#|~<>]/g, String.raw`\$&`).replaceAll('@', '@\u{200b}');
}

/** Printable ASCII for a header; what is none becomes `?`. */
export function headerText(text: string, most: number): string {
  return oneLine(text, most).replaceAll(/[^\x20-\x7e]/g, '?');
}
