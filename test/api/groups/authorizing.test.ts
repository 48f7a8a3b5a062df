import { expect, it } from 'vitest';
import { compositeLink } from '../../../src/api/groups/composite.js';
import { frontOptions } from '../../../src/api/groups/front-options.js';
import { resolveOptions, type ClientOptions } from '../../../src/api/options.js';
import { Client, several } from '../../../src/index.js';
import { failure } from '../../../src/protocol/failure.js';
import { scriptedServer } from '../../../src/testing/index.js';
import { VirtualClock, settle } from '../../../src/testing/virtual-clock.js';
import { ObedientLink } from '../../actors/obedient-link.js';
import { outcome } from '../../support/virtual-client.js';

// On virtual time nothing may be loaded while it runs.
await compositeLink();

const http401 = failure({
  kind: 'authorization',
  code: 'http_401',
  message: 'it wants to know who we are',
  executed: 'no',
  retryable: false,
});

const result = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  serverInfo: { name: 'careful', version: '1' },
};

it('a server that somebody has to log in to keeps nobody from the others, and comes when they have', async () => {
  const clock = new VirtualClock();
  const link = new ObedientLink();
  const quick = scriptedServer();
  const client = new Client(several({ careful: ObedientLink.source(link), quick: quick.source }), {
    clock,
    onError: () => undefined,
  });
  const connecting = outcome(client.connect());
  await settle();
  link.events.challenged(http401);
  await clock.advance(1_000);
  expect(connecting.state).toBe('fulfilled');
  expect(client.servers.map(({ name, state }) => `${name} ${state}`)).toEqual(['careful connecting', 'quick ready']);
  await clock.advance(120_000);
  link.events.opened();
  link.answer(link.idOf('initialize'), result);
  link.accepted.get('notifications/initialized')?.(null);
  await settle();
  expect(client.servers.map(({ name, state }) => `${name} ${state}`)).toEqual(['careful ready', 'quick ready']);
  await client.close();
});

it('the handshake in front has time for the longest login behind it, where a server has an address', () => {
  const times = { connectTimeout: 1_000, initTimeout: 2_000, closeTimeout: 500, authTimeout: 60_000 };
  const front = (source: string | URL | { url: string } | { command: string }, options: ClientOptions = {}): number =>
    frontOptions(resolveOptions(times), times, new Map([['a', { source, options }]])).chart.initTimeout;
  expect(front({ command: 'server' })).toBe(3_500);
  expect(front('server.py')).toBe(3_500);
  for (const source of ['https://a.example/mcp', new URL('https://a.example/mcp'), { url: 'https://a.example/mcp' }]) {
    expect(front(source)).toBe(63_500);
    expect(front(source, { authTimeout: 90_000 })).toBe(93_500);
  }
});
