import {
  addressText,
  contains,
  familyBits,
  parseAddress,
  parsePrefix,
  prefixOf,
  type Prefix,
} from '../../../bgp/prefix.ts';

/** The kind of an address. Only `public` is allowed by default. */
export type AddressKind =
  | 'public'
  /** Not an address, or one with a zone. */
  | 'unreadable'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link-local'
  | 'site-local'
  | 'multicast'
  | 'broadcast'
  | 'documentation'
  | 'benchmarking'
  | 'reserved'
  /** A cloud's metadata service, which gives credentials to every client. */
  | 'metadata'
  /** IPv6 that a gateway or the kernel turns into IPv4. A guard that checks only IPv6 would let these through. */
  | 'ipv4-mapped'
  | 'ipv4-compatible'
  | 'ipv4-translated'
  | 'nat64'
  | '6to4'
  | 'teredo'
  | 'isatap';

/** The kind of network that an address belongs to. */
export interface Classified {
  readonly kind: AddressKind;
  /** The IPv4 addresses in it, for kinds that embed some. */
  readonly embedded: readonly string[];
}

type Rule = readonly [cidr: string, kind: AddressKind];

/**
 * IANA's special-purpose registries (RFC 6890 and its updates), and addresses that clouds use. The first match counts,
 * so narrow networks come before wide ones.
 */
const IPV4: readonly Rule[] = [
  ['169.254.169.254/32', 'metadata'], // AWS, Azure, Google, DigitalOcean, Oracle, OpenStack
  ['169.254.170.2/32', 'metadata'], // AWS ECS
  ['169.254.170.23/32', 'metadata'], // AWS EKS
  ['100.100.100.200/32', 'metadata'], // Alibaba
  ['168.63.129.16/32', 'metadata'], // Azure, although it is a public address
  ['192.0.0.192/32', 'metadata'], // Oracle
  ['0.0.0.0/8', 'unspecified'], // RFC 791: "this network"; Linux connects 0.0.0.0 to itself
  ['10.0.0.0/8', 'private'], // RFC 1918
  ['100.64.0.0/10', 'shared'], // RFC 6598: carrier-grade NAT
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'], // RFC 3927
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'], // RFC 6890: IETF protocol assignments
  ['192.0.2.0/24', 'documentation'], // RFC 5737
  ['192.88.99.0/24', '6to4'], // RFC 7526: relays, withdrawn
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarking'], // RFC 2544
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
  ['0.0.0.0/0', 'public'],
];

const IPV6: readonly Rule[] = [
  ['fd00:ec2::254/128', 'metadata'], // AWS
  ['fd00:ec2::23/128', 'metadata'], // AWS EKS
  ['fd20:ce::254/128', 'metadata'], // Google
  ['fd00:42::42/128', 'metadata'], // Scaleway
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::/96', 'ipv4-compatible'], // RFC 4291 section 2.5.5.1, deprecated; some libraries still call it unicast
  ['::ffff:0:0/96', 'ipv4-mapped'],
  ['::ffff:0:0:0/96', 'ipv4-translated'], // RFC 2765
  ['64:ff9b::/96', 'nat64'], // RFC 6052
  ['64:ff9b:1::/48', 'nat64'], // RFC 8215
  ['2001::/32', 'teredo'], // RFC 4380
  ['2001:2::/48', 'benchmarking'], // RFC 5180
  ['2001::/23', 'reserved'], // RFC 2928: IETF protocol assignments
  ['2001:db8::/32', 'documentation'], // RFC 3849
  ['2002::/16', '6to4'], // RFC 3056
  ['3fff::/20', 'documentation'], // RFC 9637
  ['2000::/3', 'public'], // all the unicast space there is (RFC 4291 section 2.4)
  ['fc00::/7', 'private'], // RFC 4193
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'], // RFC 3879, deprecated and still routed
  ['ff00::/8', 'multicast'],
  ['::/0', 'reserved'],
];

const RULES: readonly { readonly prefix: Prefix; readonly kind: AddressKind }[] = [...IPV4, ...IPV6].map(
  ([cidr, kind]) => ({ prefix: required(parsePrefix(cidr)), kind }),
);

/** Kinds that no list of allowed networks opens: no server that could answer has such an address. */
const NEVER: ReadonlySet<AddressKind> = new Set(['unreadable', 'unspecified', 'multicast', 'broadcast']);

/** The kind of an address, in any spelling that a resolver or a URL's host uses. */
export function classify(text: string): Classified {
  const host = hostPrefix(text);
  if (host === undefined) return { kind: 'unreadable', embedded: [] };
  const kind = RULES.find(({ prefix }) => contains(prefix, host))?.kind ?? 'reserved';
  // An ISATAP interface identifier (RFC 5214 section 6.1) may follow any prefix, also a public one.
  const isIsatap = host.family === 'ipv6' && (host.words[2] & 0xfcff_ffff) === 0x5efe;
  const known = isIsatap && (kind === 'public' || kind === 'link-local' || kind === 'private') ? 'isatap' : kind;
  return { kind: known, embedded: embeddedIn(host, known) };
}

/**
 * Why nothing may be sent to this address; `undefined`: it is allowed.
 *
 * @param allow own networks that are allowed. A metadata service is allowed only by its own address (/32 or /128),
 * never by a network around it. An address that embeds an IPv4 address needs both allowed, unless the embedded one is
 * public.
 */
export function refusalOf(address: string, allow: readonly Prefix[]): string | undefined {
  const { kind, embedded } = classify(address);
  if (kind === 'public') return undefined;
  if (!isAllowed(address, kind, allow)) return `${address} is ${kindText(kind)}${carried(embedded)}`;
  return embedded.map((inner) => refusalOf(inner, allow)).find((refusal) => refusal !== undefined);
}

/** Whether a list of allowed networks could allow this address. */
export function mayBeAllowed(address: string): boolean {
  return !NEVER.has(classify(address).kind);
}

function isAllowed(address: string, kind: AddressKind, allow: readonly Prefix[]): boolean {
  if (NEVER.has(kind)) return false;
  const host = required(hostPrefix(address));
  return allow.some((net) => contains(net, host) && (kind !== 'metadata' || net.length === host.length));
}

/**
 * Where each transition mechanism embeds its IPv4 address. Teredo embeds two: its server's, and its client's, inverted.
 */
function embeddedIn({ words }: Prefix, kind: AddressKind): readonly string[] {
  switch (kind) {
    case 'ipv4-mapped':
    case 'ipv4-compatible':
    case 'ipv4-translated':
    case 'isatap':
      return [quad(words[3])];
    case 'nat64':
      // RFC 6052 section 2.2: after a /96 it is at the end; after a /48 it is around the octet "u", with zeros after
      // it.
      return [quad(words[3] === 0 && words[1] >>> 16 === 1 ? around48(words[1], words[2]) : words[3])];
    case '6to4':
      return words[0] >>> 16 === 0x2002 ? [quad((words[0] << 16) | (words[1] >>> 16))] : [];
    case 'teredo':
      return [quad(words[1]), quad(~words[3])];
    case 'public':
    case 'unreadable':
    case 'unspecified':
    case 'loopback':
    case 'private':
    case 'shared':
    case 'link-local':
    case 'site-local':
    case 'multicast':
    case 'broadcast':
    case 'documentation':
    case 'benchmarking':
    case 'reserved':
    case 'metadata':
      return [];
  }
}

function around48(word1: number, word2: number): number {
  return ((word1 & 0xffff) << 16) | ((word2 >>> 8) & 0xffff);
}

function quad(word: number): string {
  return addressText('ipv4', [word >>> 0, 0, 0, 0]);
}

function hostPrefix(text: string): Prefix | undefined {
  const parsed = parseAddress(text);
  return parsed === undefined ? undefined : prefixOf(parsed.family, parsed.words, familyBits(parsed.family));
}

function kindText(kind: AddressKind): string {
  return kind === 'unreadable' ? 'no address' : `${/^[iu]/.test(kind) ? 'an' : 'a'} ${kind} address`;
}

function carried(embedded: readonly string[]): string {
  return embedded.length === 0 ? '' : `, which carries ${embedded.join(' and ')}`;
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a network of the guard is misspelt');
  return value;
}
