import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

/** Who may read. */
export interface Access {
  /** Anybody, under any name of this host: `--http-public`. */
  readonly isPublic: boolean;
  /** The token that every client must show; `undefined`: none. */
  readonly token: string | undefined;
  /** Names of this host, besides those of loopback, that `Host` may contain. */
  readonly hosts: readonly string[];
}

const COOKIE = 'unroutable';

/** Content Security Policy: only our own scripts and styles; no frame, no form, no other host. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sent with every answer. */
export const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
};

/** Paths without a token: health checks. */
const OPEN = new Set(['/healthz', '/readyz']);

/** Refuses other methods, pages of other hosts, bodies, and requests without the token. */
export function guard(access: Access): MiddlewareHandler {
  return async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    const { method, path } = context.req;
    const length = context.req.header('content-length');
    const hasBody = (length !== undefined && length !== '0') || context.req.header('transfer-encoding') !== undefined;
    // Otherwise the whole body would be read before the next request.
    if (hasBody) context.header('Connection', 'close');
    if (method !== 'GET' && method !== 'HEAD') {
      context.header('Allow', 'GET, HEAD');
      return context.json({ error: 'only GET and HEAD: this server changes nothing' }, 405);
    }
    if (hasBody) return context.json({ error: 'a request must not have a body' }, 413);
    const wrong = strangerOf(context, access);
    if (wrong !== undefined) return context.json({ error: wrong }, 403);
    if (access.token !== undefined && !OPEN.has(path) && !shows(context, access.token)) {
      context.header('WWW-Authenticate', 'Bearer realm="unroutable"');
      return context.json({ error: 'a token is needed: Authorization: Bearer …, or ?token=… once in a browser' }, 401);
    }
    if (access.token !== undefined && path === '/' && context.req.query('token') !== undefined) {
      setCookie(context, COOKIE, access.token, { httpOnly: true, sameSite: 'Strict', path: '/' });
      return context.redirect('/');
    }
    await next();
    return undefined;
  };
}

/** The request comes from a page of another host, or uses a host name that is not ours (DNS rebinding). */
function strangerOf(context: Context, { isPublic, token, hosts }: Access): string | undefined {
  const host = context.req.header('host') ?? '';
  const name = host.replace(/:\d+$/, '').toLowerCase();
  const isOurs = isPublic || token !== undefined || LOOPBACK.has(name) || hosts.includes(name);
  if (!isOurs) return `this server is not called ${JSON.stringify(name.slice(0, 100))}; --http-public allows any name`;
  const origin = context.req.header('origin');
  if (origin === undefined) return undefined;
  return /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, '').toLowerCase() === host.toLowerCase()
    ? undefined
    : 'pages of other hosts may not use this server';
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function shows(context: Context, token: string): boolean {
  const bearer = /^Bearer (.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
  const shown = [bearer, getCookie(context, COOKIE), context.req.path === '/' ? context.req.query('token') : undefined];
  return shown.some((one) => one !== undefined && isSame(one, token));
}

function isSame(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
