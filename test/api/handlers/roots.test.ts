import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Client, ConfigError, type Roots, type RootsList } from '../../../src/index.js';
import { ScriptedServer } from '../../support/scripted-server.js';
import { ask, type Asked } from './fixtures/asking-server.js';
import { asking } from './fixtures/server-calls.js';

const listed = (roots: Roots | undefined): Promise<Asked> =>
  ask(roots === undefined ? {} : { roots }, (server) => server.listRoots());

describe('roots', () => {
  it('are not advertised when there are none, and then the server gets an error', async () => {
    const { connection, asks, answers } = await asking();
    expect(connection.sent('initialize')[0]?.params?.['capabilities']).toEqual({});
    await asks(1, 'roots/list');
    expect(answers(1)[0]?.error?.code).toBe(-32601);
  });

  it('are advertised when they are set, an empty list too', async () => {
    const { connection, asks, answers } = await asking({ roots: [] });
    expect(connection.sent('initialize')[0]?.params?.['capabilities']).toEqual({ roots: { listChanged: true } });
    await asks(1, 'roots/list');
    expect(answers(1)[0]?.result).toEqual({ roots: [] });
  });

  it('may be a list of texts, URLs and roots of the protocol [3.7.20]', async () => {
    const { answer } = await listed([
      'file:///one',
      pathToFileURL('/two three'),
      { uri: 'file:///four', name: 'Four', _meta: { x: 1 } },
    ]);
    expect(answer).toEqual({
      roots: [
        { uri: 'file:///one' },
        { uri: 'file:///two%20three' },
        { uri: 'file:///four', name: 'Four', _meta: { x: 1 } },
      ],
    });
  });

  it('may be a function, sync or async, or a bound method, asked at every request [3.7.21]', async () => {
    class Workspace {
      asked = 0;
      list(): RootsList {
        this.asked += 1;
        return [`file:///asked/${String(this.asked)}`];
      }
    }
    const workspace = new Workspace();
    const forms: Roots[] = [
      () => ['file:///sync'],
      () => Promise.resolve(['file:///async']),
      workspace.list.bind(workspace),
    ];
    const answers = await Promise.all(
      forms.map((roots) => ask({ roots }, async (server) => [await server.listRoots(), await server.listRoots()])),
    );
    expect(answers.map(({ answer }) => JSON.stringify(answer).match(/file:[^"]*/g))).toEqual([
      ['file:///sync', 'file:///sync'],
      ['file:///async', 'file:///async'],
      ['file:///asked/1', 'file:///asked/2'],
    ]);
  });

  it('that are a function are told who asks', async () => {
    const methods: string[] = [];
    await listed(({ method, generation, signal }) => {
      methods.push(`${method} in ${String(generation)}, aborted: ${String(signal.aborted)}`);
      return [];
    });
    expect(methods).toEqual(['roots/list in 1, aborted: false']);
  });

  it.each([
    [
      'a path',
      ['/home/ada'],
      /option roots\.0: must be a file:\/\/ URL, not "\/home\/ada"; pathToFileURL\("\/home\/ada"\)/,
    ],
    ['another protocol', ['file:///fine', 'https://example.com'], /option roots\.1: .* not "https:\/\/example\.com"$/],
    ['a root of another protocol', [{ uri: 'http://example.com' }], /option roots\.0: /],
    ['no URL at all', [7], /option roots\.0: must be a file:\/\/ URL, or \{ uri, name \}/],
    ['no list', 'file:///one', /option roots: must be a list of file:\/\/ URLs, or a function/],
  ])('that are %s are refused when the client is made [3.7.19]', (_what, roots, message) => {
    const make = (): Client => new Client(new ScriptedServer().source, { roots: roots as RootsList });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it.each([
    [
      'throw',
      () => {
        throw new Error('no disk');
      },
      'no disk',
      'roots: no disk',
    ],
    ['give a path', () => ['/home/ada'], 'must be a file:// URL, not "/home/ada"', 'entry 0'],
    ['give no list', () => 'file:///x' as unknown as string[], 'no list', 'no list'],
    ['give a root of a wrong shape', () => [{ uri: 'file:///x', name: 7 } as never], 'not a list of roots', 'name'],
  ])(
    'that %s when they are asked give the server an error, and are told to onError',
    async (_how, roots, error, complaint) => {
      const asked = await listed(roots);
      expect(asked.error).toContain('-32603');
      expect(asked.error).toContain(error);
      expect(asked.complaints).toEqual([expect.stringContaining(complaint)]);
    },
  );
});
