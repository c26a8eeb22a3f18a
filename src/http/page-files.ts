import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Context, Env, Hono } from 'hono';
import { encodingsOf } from './encodings.ts';

const TYPES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'charts.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
};

/** A file of the page, in each compression. */
interface PageFile {
  readonly type: string;
  readonly tag: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly br: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
}

/**
 * Serves the files of the page, which the build compressed. They are read once. A browser asks each time whether its
 * copy is current, and gets 304 if it is.
 *
 * @param folder made by the build; without it there is no page
 */
export function addPage<E extends Env>(app: Hono<E>, folder: string | undefined): void {
  if (folder === undefined) return;
  for (const [name, type] of Object.entries(TYPES)) {
    const file = readPageFile(folder, name, type);
    app.get(name === 'index.html' ? '/' : `/${name}`, (context) => sent(context, file));
  }
}

function readPageFile(folder: string, name: string, type: string): PageFile {
  const gzip = new Uint8Array(readFileSync(`${folder}/${name}.gz`));
  const br = new Uint8Array(readFileSync(`${folder}/${name}.br`));
  const plain = new Uint8Array(gunzipSync(gzip));
  return { type, tag: createHash('sha256').update(plain).digest('base64url').slice(0, 16), plain, br, gzip };
}

function sent(context: Context, file: PageFile): Response {
  const [encoding] = encodingsOf(context);
  // Each compression is a separate representation with its own ETag (RFC 9110, section 8.8.3.3).
  const tag = `"${file.tag}${encoding === undefined ? '' : `-${encoding}`}"`;
  context.header('Cache-Control', 'no-cache');
  context.header('Vary', 'Accept-Encoding');
  context.header('ETag', tag);
  if (holds(context.req.header('if-none-match'), tag)) return context.body(null, 304);
  context.header('Content-Type', file.type);
  if (encoding === undefined) return context.body(file.plain);
  context.header('Content-Encoding', encoding);
  return context.body(file[encoding]);
}

/** Whether the client already has this representation (RFC 9110, section 13.1.2). */
function holds(header: string | undefined, tag: string): boolean {
  const held = (header ?? '').split(',').map((text) => text.trim().replace(/^W\//, ''));
  return held.includes(tag) || header?.trim() === '*';
}
