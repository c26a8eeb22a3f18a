import type { IncomingMessage } from 'node:http';
import { parseUrl } from '../../../lib/http-url.ts';
import type { Outgoing } from './outgoing.ts';

/** Bytes of a refusal's body that are read. More are left unread. */
const MOST_BYTES = 2_048;

/** Characters of the body that are shown and stored. */
const MOST_CHARACTERS = 160;

/**
 * Reads why a receiver refused a request: the first characters of its answer, on one line. Control characters and marks
 * that change the direction of text become spaces. Possible secrets of the request (path, query, header values) are
 * replaced if the answer repeats them.
 *
 * @param enough aborts to end the wait. What has arrived by then counts.
 * @returns an empty text if the body is empty, compressed or has not arrived
 */
export async function refusalText(response: IncomingMessage, sent: Outgoing, enough: AbortSignal): Promise<string> {
  const { 'content-encoding': encoding = 'identity' } = response.headers;
  if (encoding !== 'identity') return '';
  const body = await firstBytes(response, enough);
  return withoutSecrets(oneLine(body.toString('utf8')), sent)
    .slice(0, MOST_CHARACTERS)
    .trim();
}

function firstBytes(response: IncomingMessage, enough: AbortSignal): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const done = (): void => resolve(Buffer.concat(chunks).subarray(0, MOST_BYTES));
    response.on('data', (chunk: Buffer) => {
      if (bytes < MOST_BYTES) chunks.push(chunk);
      bytes += chunk.length;
      if (bytes < MOST_BYTES) return;
      response.pause();
      done();
    });
    for (const event of ['end', 'error', 'close']) response.on(event, done);
    enough.addEventListener('abort', done, { once: true });
    if (enough.aborted) done();
  });
}

function oneLine(text: string): string {
  return text.replace(/[\p{C}\p{Z}\s\ufffd]+/gu, ' ').trim();
}

/** Shorter pieces are not secrets, and replacing them would damage ordinary words. */
const SHORTEST_SECRET = 8;

function withoutSecrets(text: string, { url, headers }: Outgoing): string {
  const parsed = parseUrl(url);
  const ofUrl = parsed === undefined ? [] : [url, parsed.pathname, parsed.search, ...parsed.pathname.split('/')];
  const query = parsed === undefined ? [] : [...parsed.searchParams.values()];
  const ofHeaders = Object.entries(headers).flatMap(([name, value]) =>
    /^(?:content-type|user-agent|accept)$/i.test(name) ? [] : [value, ...value.split(/[ ,]/)],
  );
  return [...ofUrl, ...query, ...ofHeaders]
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, '…'), text);
}
