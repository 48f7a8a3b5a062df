import { describe, expect, it } from 'vitest';
import type { ClientOptions, ListChangedOptions } from '../../src/index.js';
import { ScriptedServer } from '../../src/testing/scripted-server.js';
import { settle } from '../../src/testing/virtual-clock.js';
import { scriptedClient, type ScriptedClient } from '../support/scripted-client.js';

const lists = ['tools', 'resources', 'prompts'] as const;
type List = (typeof lists)[number];

type Told = readonly [error: string | null, names: readonly string[] | null];

const changed = (list: List): object => ({ method: `notifications/${list}/list_changed` });

/** A server whose lists have what is put in here. */
class ChangingServer extends ScriptedServer {
  names: string[];

  constructor() {
    super({
      capabilities: { tools: {}, resources: {}, prompts: {} },
      answers: {
        'tools/list': () => ({ tools: this.names.map((name) => ({ name, inputSchema: { type: 'object' } })) }),
        'resources/list': () => ({ resources: this.names.map((name) => ({ name, uri: `a://${name}` })) }),
        'prompts/list': () => ({ prompts: this.names.map((name) => ({ name })) }),
      },
    });
    this.names = ['first'];
  }
}

function watching(
  list: List = 'tools',
  more: { autoRefresh?: boolean; debounce?: number } = {},
  options: ClientOptions = {},
): ScriptedClient & { server: ChangingServer; told: Told[] } {
  const told: Told[] = [];
  const server = new ChangingServer();
  const onChanged = (error: Error | null, items: { name: string }[] | null): void => {
    told.push([error?.message ?? null, items?.map(({ name }) => name) ?? null]);
  };
  const listChanged: ListChangedOptions = { [list]: { onChanged, ...more } };
  return { ...scriptedClient(server, { listChanged, ...options }), server, told };
}

describe('listChanged', () => {
  it.each(lists)('gives the new list of %s, once for the changes of 300 ms', async (list) => {
    const { client, clock, server, told } = watching(list);
    await client.connect();
    server.names = ['first', 'second'];
    server.last.push(changed(list), changed(list), changed(list));
    await clock.advance(100);
    server.last.push(changed(list));
    await clock.advance(199);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual([[null, ['first', 'second']]]);
    expect(server.count(`${list}/list`)).toBe(1);
    await clock.until(client.close());
    expect(clock.armed).toBe(0);
  });

  it('makes few questions of a storm of changes, one at a time [row 29]', async () => {
    const { client, clock, server, told } = watching();
    let open = 0;
    let most = 0;
    server.script = ({ id, method }, connection) => {
      if (method !== 'tools/list' || id === undefined) return undefined;
      open += 1;
      most = Math.max(most, open);
      clock.setTimeout(() => {
        open -= 1;
        connection.reply(id, { tools: [] });
      }, 700);
      return true;
    };
    await client.connect();
    for (let n = 0; n < 10_000; n += 1) {
      server.last.push(changed('tools'));
      if (n % 1_000 === 999) await clock.advance(100);
    }
    await clock.advance(10_000);
    expect(most).toBe(1);
    expect(server.count('tools/list')).toBe(2);
    expect(told).toHaveLength(2);
    await clock.until(client.close());
  });

  it('tells of a server that goes on changing, and not only when it stops', async () => {
    const { client, clock, server, told } = watching();
    await client.connect();
    for (let n = 0; n < 30; n += 1) {
      server.last.push(changed('tools'));
      await clock.advance(100);
    }
    expect(told.length).toBeGreaterThanOrEqual(9);
    expect(told.length).toBeLessThanOrEqual(10);
    await clock.until(client.close());
  });

  it('tells without the list where that is all that is wanted, after a time that can be chosen', async () => {
    const { client, clock, server, told } = watching('tools', { autoRefresh: false, debounce: 50 });
    await client.connect();
    server.last.push(changed('tools'), changed('prompts'));
    await clock.advance(50);
    expect(told).toEqual([[null, null]]);
    expect(server.count('tools/list')).toBe(0);
    server.last.drop();
    await clock.advance(10_000);
    expect(client.generation).toBe(2);
    expect(told).toHaveLength(1);
    await clock.until(client.close());
  });

  it('gives the error of a list that cannot be had', async () => {
    const { client, clock, server, told } = watching();
    await client.connect();
    server.script = ({ id, method }, connection) => {
      if (method !== 'tools/list' || id === undefined) return undefined;
      connection.refuse(id, -32603, 'out of order');
      return true;
    };
    server.last.push(changed('tools'));
    await clock.advance(300);
    expect(told).toEqual([['out of order', null]]);
    server.script = undefined;
    server.last.push(changed('tools'));
    await clock.advance(300);
    expect(told[1]).toEqual([null, ['first']]);
    await clock.until(client.close());
  });

  it('is hurt by no handler that throws', async () => {
    const server = new ChangingServer();
    let calls = 0;
    const onChanged = (): unknown => {
      calls += 1;
      if (calls === 1) throw new Error('a bad handler');
      return Promise.reject(new Error('a bad async handler'));
    };
    const { client, clock, complaints } = scriptedClient(server, { listChanged: { prompts: { onChanged } } });
    await client.connect();
    for (let n = 0; n < 3; n += 1) {
      server.last.push(changed('prompts'));
      await clock.advance(300);
    }
    expect(complaints).toEqual([
      'listChanged.prompts: a bad handler',
      'listChanged.prompts: a bad async handler',
      'listChanged.prompts: a bad async handler',
    ]);
    await clock.until(client.close());
  });

  it('gives the list of a new session too: it may be another', async () => {
    const { client, clock, server, told } = watching();
    await client.connect();
    await clock.advance(1_000);
    expect(told).toEqual([]);
    server.names = ['after the crash'];
    server.last.drop();
    await clock.advance(1_000);
    expect(client.generation).toBe(2);
    expect(told).toEqual([[null, ['after the crash']]]);
    await clock.until(client.close());
  });

  it('loses no change to a session that dies before it could be told of, or while it is fetched', async () => {
    const { client, clock, server, told } = watching('tools', { autoRefresh: false });
    await client.connect();
    server.last.push(changed('tools'));
    await clock.advance(100);
    server.last.drop();
    await clock.advance(1_000);
    expect(told).toEqual([[null, null]]);
    await clock.until(client.close());

    const refreshing = watching();
    await refreshing.client.connect();
    refreshing.server.script = ({ method }, connection) => {
      if (method !== 'tools/list' || connection.generation > 1) return undefined;
      connection.drop();
      return true;
    };
    refreshing.server.last.push(changed('tools'));
    await refreshing.clock.advance(5_000);
    // Begun anew in the next session, whose list is asked for in any case.
    expect(refreshing.told.at(-1)).toEqual([null, ['first']]);
    expect(refreshing.told.map(([error]) => error)).toEqual(refreshing.told.map(() => null));
    expect(refreshing.told.length).toBeLessThanOrEqual(2);
    await refreshing.clock.until(refreshing.client.close());
  });

  it('holds no lease, and leaves nothing behind a client that is closed', async () => {
    const { client, clock, server, told } = watching('tools', {}, { autoConnect: true, idleTimeout: 1_000 });
    await clock.until(client.ping());
    for (let n = 0; n < 4; n += 1) {
      server.last.push(changed('tools'));
      await clock.advance(300);
      expect(client.leases).toEqual([]);
    }
    expect(told.length).toBeGreaterThanOrEqual(3);
    server.last.push(changed('tools'));
    await settle();
    await clock.until(client.close());
    expect(clock.armed).toBe(0);
    expect(server.connections).toHaveLength(1);
  });

  it('refuses what is no handler', () => {
    const given = (listChanged: unknown) => () =>
      scriptedClient(new ChangingServer(), { listChanged } as ClientOptions);
    expect(given({ tools: {} })).toThrow('option listChanged.tools.onChanged: must be a function');
    expect(given({ tools: { onChanged: () => undefined, debounceMs: 5 } })).toThrow('listChanged.tools.debounceMs');
    expect(given({ roots: {} })).toThrow('there is no option listChanged.roots');
    expect(given({ tools: { onChanged: () => undefined, debounce: -1 } })).toThrow('listChanged.tools.debounce');
  });

  it('keeps what the client remembers of the tools up to date', async () => {
    const { client, clock, server } = watching();
    const lease = await client.connect();
    await lease.listTools();
    server.names = ['other'];
    server.last.push(changed('tools'));
    await clock.advance(300);
    await expect(lease.callTool('first', {}, { expectFingerprint: 'x' })).rejects.toThrow();
    expect(server.count('tools/list')).toBe(2);
    await clock.until(client.close());
  });
});
