/** Where a server may send us to, and our user: https, and no address that is not everybody's. */
import { isIP } from 'node:net';
import { classOf } from './addresses.js';
import { refusal } from './failures.js';

/** What a server may do more than others. */
export interface Reach {
  /** It is on this machine itself: so may be what it names, by http too. */
  readonly loopback: boolean;
  /** The user says that it may name addresses of a private network, and of this machine. */
  readonly privates: boolean;
}

export const reachOf = (server: URL, privates = false): Reach => ({ loopback: isLoopback(server), privates });

/** The name or address, without the brackets of an IPv6 one. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');

export function isLoopback(url: URL): boolean {
  const host = hostOf(url);
  return host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && classOf(host) === 'loopback');
}

/** @throws FailureError `blocked_address` for what must not be gone to. A name is looked at again once it is resolved. */
export function checkUrl(given: string | URL, what: string, reach: Reach): URL {
  if (!URL.canParse(String(given))) throw refusal('blocked_address', `${what} is no URL`);
  const url = new URL(given);
  const host = hostOf(url);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refusal(
      'blocked_address',
      `${what} is no https URL: it begins with ${JSON.stringify(url.protocol.slice(0, 20))}`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw refusal('blocked_address', `${what} has a user's name in it, before the host ${host}`);
  }
  if (url.protocol === 'http:' && !(isLoopback(url) && (reach.loopback || reach.privates))) {
    throw refusal('blocked_address', `${what} is not https: http://${host}`);
  }
  if (isIP(host) !== 0) checkAddress(host, host, what, reach);
  else if (isLoopback(url) && !reach.loopback && !reach.privates) throw blocked(host, 'of this machine', what);
  return url;
}

/** @throws FailureError `blocked_address`. `host` is what the address is of, as it was named. */
export function checkAddress(address: string, host: string, what: string, reach: Reach): void {
  const kind = classOf(address);
  switch (kind) {
    case 'public':
      return;
    case 'loopback':
      if (reach.loopback || reach.privates) return;
      throw blocked(host, 'of this machine', what);
    case 'private':
      if (reach.privates) return;
      throw blocked(host, 'of a private network (allowPrivateAddresses)', what);
    case 'never':
      throw blocked(host, 'that nothing public can have', what);
  }
}

const blocked = (host: string, kind: string, what: string): Error =>
  refusal('blocked_address', `${what} leads to ${host}, an address ${kind}`);
