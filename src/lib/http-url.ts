/**
 * Reads a URL; `undefined`: it is none. Not by `URL.canParse`: that of Node.js 20 refuses hosts like `bücher.example`
 * after some thousand calls.
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Whether a text is a URL of HTTP or HTTPS. */
export function isHttpUrl(text: string): boolean {
  return /^https?:$/.test(parseUrl(text)?.protocol ?? '');
}

/**
 * Why a text cannot be used as the URL of a file or of a server, as the end of a sentence about it; `undefined`: it
 * can. A URL with a password is refused, because URLs are printed, and because `fetch` refuses it, too.
 */
export function httpUrlFault(text: string): string | undefined {
  if (!isHttpUrl(text)) return 'this is not a URL';
  const { username, password } = new URL(text);
  return username === '' && password === '' ? undefined : 'a URL with a user name or a password cannot be used';
}

/** A URL for messages: without a user name and a password. */
export function shownUrl(text: string): string {
  if (!isHttpUrl(text)) return text;
  const url = new URL(text);
  [url.username, url.password] = ['', ''];
  return url.href;
}
