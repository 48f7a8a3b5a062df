import { describe, expect, it } from 'vitest';
import { Client } from '../../src/index.js';
import { faulty, scriptedServer, virtualClock } from '../../src/testing/index.js';

describe('a transport of a user', () => {
  it('that throws at the end of the handshake is closed before the next one starts', async () => {
    const clock = virtualClock();
    const log: string[] = [];
    const server = scriptedServer({
      onStart: ({ generation }) => {
        log.push(`start ${String(generation)}`);
        return undefined;
      },
      onClose: ({ generation }) =>
        new Promise((resolve) => {
          clock.setTimeout(() => {
            log.push(`closed ${String(generation)}`);
            resolve();
          }, 300);
        }),
    });
    const setProtocolVersion = (): void => {
      throw new Error('never heard of it');
    };
    const client = new Client(() => Object.assign(server.source(), { setProtocolVersion }), {
      clock,
      reconnect: { initial: true, attempts: 2 },
    });
    await expect(clock.until(client.connect())).rejects.toThrow(/never heard of it/);
    expect(log).toEqual(['start 1', 'closed 1', 'start 2', 'closed 2']);
  });

  it('is closed although its link throws while it is told so, and hangs after it', async () => {
    const clock = virtualClock();
    const server = scriptedServer();
    const plan = [
      { fault: 'throw', at: 'send', method: 'notifications/initialized' },
      { fault: 'hang', at: 'close' },
    ] as const;
    const client = new Client(faulty(server.source, plan), { clock, onError: () => undefined });
    await expect(clock.until(client.connect())).rejects.toThrow(/a fault was injected/);
    expect(server.last.closed).toBe(1);
  });
});
