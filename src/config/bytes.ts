const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** How sizes are written, for messages. */
export const BYTES_FORM = 'a size such as 500M, 20G or 1T';

/** Reads `500M`, `20 GB`, `1.5T` in powers of 1000; `undefined` for anything else. Bytes. */
export function parseBytes(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?) ?([kmgt]?)b?$/i.exec(text.trim()) ?? [];
  const bytes = Number(amount) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : undefined;
}
