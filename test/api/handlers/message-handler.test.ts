import { describe, expect, it } from 'vitest';
import {
  Client,
  ConfigError,
  type MessageHandler,
  type NotificationHandlers,
  type ServerNotification,
} from '../../../src/index.js';
import { ScriptedServer } from '../../support/scripted-server.js';
import { settle } from '../../support/virtual-client.js';
import { ask } from './fixtures/asking-server.js';
import { asking } from './fixtures/server-calls.js';

const kinds = {
  'notifications/tools/list_changed': 'onToolListChanged',
  'notifications/resources/list_changed': 'onResourceListChanged',
  'notifications/prompts/list_changed': 'onPromptListChanged',
  'notifications/resources/updated': 'onResourceUpdated',
  'notifications/message': 'onLoggingMessage',
  'notifications/progress': 'onProgress',
  'notifications/cancelled': 'onCancelled',
  'notifications/tasks/status': 'onTaskStatus',
  'notifications/elicitation/complete': 'onElicitationComplete',
} as const;

/** Params that fit, where the method has any. */
const paramsOf: Record<string, object> = {
  'notifications/resources/updated': { uri: 'x://y' },
  'notifications/message': { level: 'info', data: 'x' },
  'notifications/progress': { progressToken: 99, progress: 1 },
  'notifications/cancelled': { requestId: 99 },
};

describe('the message handler', () => {
  it('is told of a notification as often as it comes [3.7.30]', async () => {
    const heard: string[] = [];
    await ask({ messageHandler: ({ method }) => heard.push(method) }, async (server) => {
      for (let times = 0; times < 3; times += 1) await server.sendToolListChanged();
      await server.sendPromptListChanged().catch(() => undefined);
    });
    expect(heard.filter((method) => method === 'notifications/tools/list_changed')).toHaveLength(3);
  });

  it.each(Object.entries(kinds))(
    'as an object is told of %s by %s, after onMessage and onNotification',
    async (method, name) => {
      const heard: string[] = [];
      const note =
        (which: string) =>
        (notification: ServerNotification): unknown =>
          heard.push(`${which} ${notification.method}`);
      const all = ['onMessage', 'onNotification', ...Object.values(kinds)] as const;
      const messageHandler: NotificationHandlers = Object.fromEntries(all.map((each) => [each, note(each)]));
      const { connection } = await asking({ messageHandler });
      connection.push({ method, params: paramsOf[method] });
      await settle();
      expect(heard).toEqual([`onMessage ${method}`, `onNotification ${method}`, `${name} ${method}`]);
    },
  );

  it('may be an instance of a class, whose methods find their object', async () => {
    class Catalogue {
      changes = 0;
      onToolListChanged(): void {
        this.changes += 1;
      }
    }
    const catalogue = new Catalogue();
    await ask({ messageHandler: catalogue }, (server) => server.sendToolListChanged());
    expect(catalogue.changes).toBe(1);
  });

  it('is told of what this client does not know, too', async () => {
    const heard: ServerNotification[] = [];
    const { connection } = await asking({ messageHandler: { onNotification: (one) => heard.push(one) } });
    connection.push({ method: 'notifications/of/tomorrow', params: { x: 1 } });
    await settle();
    expect(heard).toEqual([{ method: 'notifications/of/tomorrow', params: { x: 1 } }]);
  });

  it('whose one method throws or rejects is told by the others all the same, and so are later ones [2.3.29]', async () => {
    const heard: string[] = [];
    const { connection, complaints, lease } = await asking({
      messageHandler: {
        onMessage: () => {
          throw new Error('one');
        },
        onNotification: () => Promise.reject(new Error('two')),
        onToolListChanged: () => heard.push('three'),
      },
    });
    connection.push({ method: 'notifications/tools/list_changed' });
    await settle();
    connection.push({ method: 'notifications/tools/list_changed' });
    await settle();
    expect(heard).toEqual(['three', 'three']);
    expect(complaints.slice(0, 2).sort()).toEqual([
      'messageHandler.onMessage: one',
      'messageHandler.onNotification: two',
    ]);
    await lease.ping();
  });

  it.each([
    ['an object that would hear of nothing', { onToolsChanged: () => undefined }],
    ['a text', 'log'],
    ['null', null],
  ])('that is %s is refused', (_what, messageHandler) => {
    const make = (): Client =>
      new Client(new ScriptedServer().source, { messageHandler: messageHandler as unknown as MessageHandler });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(/option messageHandler: /);
  });
});
