/** The reference server dies, or forgets us, under agents that hold leases and know nothing of it. */
import { expect, it, onTestFinished } from 'vitest';
import { Client } from '../../src/index.js';
import { end, everything, startHttp } from '../support/everything.js';
import { textOf } from '../support/results.js';
import { watchedStates } from '../support/http-clients.js';

const overStdio = everything[0]?.[1];

it('over stdio: killed, it is started anew, and the held leases work on', async () => {
  const subject = await overStdio?.();
  if (subject === undefined) throw new Error('unreachable');
  onTestFinished(() => subject.stop());
  const { client } = subject;
  const leases = await Promise.all(Array.from({ length: 10 }, () => client.connect()));
  const [lease] = leases;
  const lost = leases.map((one) => one.callTool('trigger-long-running-operation', { duration: 30, steps: 1 }));
  await lease?.ping();
  const { connection } = client;
  if (connection?.kind === 'stdio') process.kill(connection.pid, 'SIGKILL');
  // Expected: exit: SessionLostError, maybe, for all of them; queued: next generation.
  for (const outcome of await Promise.allSettled(lost)) {
    expect(outcome).toMatchObject({
      reason: { name: 'SessionLostError', executed: 'maybe', cause: { signal: 'SIGKILL' } },
    });
  }
  const sums = await Promise.all(leases.map((one) => textOf(one, 'get-sum', { a: 1, b: 2 })));
  expect(new Set(sums)).toEqual(new Set(['The sum of 1 and 2 is 3.']));
  expect(client.generation).toBe(2);
  expect(leases.every(({ active }) => active)).toBe(true);
});

it('over HTTP: restarted, with its sessions forgotten, it is initialized once more, and the call made once more', async () => {
  const first = await startHttp();
  onTestFinished(() => end(first.server));
  const client = new Client(first.url, {
    name: 'everything',
    reconnect: { initialDelay: 50, factor: 1, attempts: Infinity },
  });
  onTestFinished(() => client.close());
  const lease = await client.connect();
  // Expected: the stream of the call is cut: ConnectionError, maybe, for that call.
  const cut = expect(
    lease.callTool('trigger-long-running-operation', { duration: 30, steps: 1 }),
  ).rejects.toMatchObject({ name: 'ConnectionError', executed: 'maybe' });
  await lease.ping();
  const before = client.sessionId;
  await end(first.server);
  await cut;
  const second = await startHttp(first.port);
  onTestFinished(() => end(second.server));
  const states = watchedStates(client);
  // Expected: it answers 400 to the session that it does not know; the ping is refused too: as 404.
  expect(await textOf(lease, 'get-sum', { a: 1, b: 2 })).toBe('The sum of 1 and 2 is 3.');
  expect(client.sessionId).not.toBe(before);
  expect(lease.active).toBe(true);
  expect(states.at(-1)).toMatch(/ready connected$/);
  await lease.ping();
});
