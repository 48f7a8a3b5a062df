/** Which addresses are whose. Told by the bits of the address, however it was written. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * `never`: of the link, of clouds' metadata, of nobody. `loopback`: this machine. `private`: a network of
 * somebody's own. All others are `public`.
 */
export type AddressClass = 'public' | 'loopback' | 'private' | 'never';

type Row = readonly [network: string, prefix: number, family: 'ipv4' | 'ipv6'];

const listOf = (rows: readonly Row[]): BlockList => {
  const list = new BlockList();
  for (const row of rows) list.addSubnet(...row);
  return list;
};

/** IANA's special-purpose registries (RFC 6890), and what clouds put their metadata on. */
const never = listOf([
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['100.100.100.200', 32, 'ipv4'],
  ['168.63.129.16', 32, 'ipv4'],
  ['192.0.0.192', 32, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['fd00:ec2::254', 128, 'ipv6'],
  ['fd20:ce::254', 128, 'ipv6'],
  ['100::', 64, 'ipv6'],
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
]);

const loopback = listOf([
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
]);

const privates = listOf([
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
]);

/** Of an address as `node:net` or a URL writes it, without brackets. What is none is nobody's. */
export function classOf(address: string): AddressClass {
  // A zone belongs to an address of the link, whatever stands before it.
  if (address.includes('%')) return 'never';
  const inner = isIPv6(address) ? embedded(address) : null;
  // Neither part may lead where it must not.
  if (inner !== null) return classOf(inner);
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (family === 'ipv6' && !isIPv6(address)) return 'never';
  if (never.check(address, family)) return 'never';
  if (loopback.check(address, family)) return 'loopback';
  return privates.check(address, family) ? 'private' : 'public';
}

/** The IPv4 address in an IPv6 one that only leads to it: mapped, compatible, 6to4, NAT64. */
function embedded(address: string): string | null {
  const groups = groupsOf(address);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  const low = dotted(g, h);
  const isZero = (a | b | c | d) === 0;
  if (isZero && e === 0 && f === 0xffff) return low;
  if (isZero && e === 0xffff && f === 0) return low;
  if (isZero && (e | f) === 0 && (g !== 0 || h > 1)) return low;
  if (a === 0x64 && b === 0xff9b) return low;
  return a === 0x2002 ? dotted(b, c) : null;
}

const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');

function groupsOf(address: string): number[] {
  // A URL writes it in the one canonical way, in which the last four bytes are never decimal.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const parse = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const before = parse(head);
  if (tail === undefined) return before;
  const after = parse(tail);
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}
