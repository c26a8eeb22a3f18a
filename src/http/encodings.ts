import type { Context } from 'hono';

/** The supported compressions, smallest result first. */
const ENCODINGS = ['br', 'gzip'] as const;

/** The name of a compression in `Content-Encoding`. */
export type Encoding = (typeof ENCODINGS)[number];

/**
 * The compressions that a client accepts, smallest result first; empty: send the body uncompressed (RFC 9110, section
 * 12.5.3).
 */
export function encodingsOf(context: Context): readonly Encoding[] {
  const weights = new Map<string, number>();
  for (const part of (context.req.header('accept-encoding') ?? '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const quality = parameters.find((text) => /^q\s*=/.test(text))?.replace(/^q\s*=\s*/, '');
    weights.set(name, quality === undefined ? 1 : Number(quality) || 0);
  }
  return ENCODINGS.filter((name) => (weights.get(name) ?? weights.get('*') ?? 0) > 0);
}
