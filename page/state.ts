import { addressOf, readAddress, type Shown } from './address.ts';
import type { Verdict } from './api.ts';

/** What the address asks for, and what the server said last. */
export const state: { shown: Shown; verdicts: readonly Verdict[] } = {
  shown: readAddress(location.hash),
  verdicts: [],
};

/** The time zone of each subject, by its key; `undefined`: UTC. */
export const zones = new Map<string, string | undefined>();

/** A subject as addresses name it: `KP/ipv4`. */
export function keyOf({ territory, family }: { readonly territory: string; readonly family: string }): string {
  return `${territory}/${family}`;
}

/** The subject to show: the one in the address, else the first. `undefined`: it is not recorded here. */
export function subject(): Verdict | undefined {
  const wanted = state.shown.subject?.toLowerCase();
  return wanted === undefined ? state.verdicts[0] : state.verdicts.find((one) => keyOf(one).toLowerCase() === wanted);
}

/** The time zone of the subject that is shown. */
export function zone(): string | undefined {
  const now = subject();
  return now && zones.get(keyOf(now));
}

/** `IPv4` or `IPv6` */
export function familyName(family: string): string {
  return family === 'ipv6' ? 'IPv6' : 'IPv4';
}

/** `North Korea (IPv4)` */
export function nameOf({ name, family }: Verdict): string {
  return `${name} (${familyName(family)})`;
}

/** Shows something else, and puts it into the address; `replace`: instead of the present view, which it explains. */
export function go(next: Omit<Shown, 'incident'>, how?: 'replace'): void {
  const address = addressOf({ ...next, subject: next.subject ?? (subject() && keyOf(subject() as Verdict)) });
  if (how === 'replace') location.replace(address);
  else location.hash = address;
}

/** RFC 3339, as the API takes it. */
export function isoText(at: number): string {
  return new Date(at).toISOString();
}
