import { fetchByProxy } from '../../src/lib/proxy.ts';
import { bodyOf, fetchFault } from './answer.ts';

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
    const body = await bodyOf(answer, maxBytes);
    if (body === undefined) return { kind: 'too-large' };
    return { kind: 'answer', status: answer.status, retryAfter, text: new TextDecoder().decode(body) };
  } catch (error) {
    return { kind: 'broken', reason: fetchFault(error) };
  }
}
