import { fetchByProxy } from '../../src/lib/proxy.ts';

/** The result of one request. */
export type Fetched =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter: string | undefined; readonly text: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'broken'; readonly reason: string };

/** The size limit of the answer, and the headers of the request. */
export interface FetchTextOptions {
  readonly maxBytes: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * GETs a text of at most `maxBytes`, counted as unpacked: a small body may unpack to a huge one. Redirects are not
 * followed, so that https stays https. Aborting gives `broken`; the caller knows why it aborted.
 */
export async function fetchText(url: URL, options: FetchTextOptions, signal: AbortSignal): Promise<Fetched> {
  const { maxBytes, headers } = options;
  try {
    const accept = { accept: 'application/json', ...headers };
    const answer = await fetchByProxy(url, { redirect: 'manual', headers: accept, signal });
    const retryAfter = answer.headers.get('retry-after') ?? undefined;
    const text = await bodyOf(answer, maxBytes);
    return text === undefined ? { kind: 'too-large' } : { kind: 'answer', status: answer.status, retryAfter, text };
  } catch (error) {
    return { kind: 'broken', reason: wordsOf(error) };
  }
}

/** `undefined`: larger than allowed, and the rest was not read. */
async function bodyOf(answer: Response, maxBytes: number): Promise<string | undefined> {
  if (answer.body === null) return '';
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** `fetch` says only "fetch failed"; the reason is its cause. */
function wordsOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause ? String(cause.code) : '';
  return cause.message === '' ? code : cause.message;
}
