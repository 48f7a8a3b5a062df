/** Extensions of the protocol that a client supports: what its server is told of them. */
import { describe, expect, it } from 'vitest';
import { Client, ConfigError, type ClientOptions } from '../../../src/index.js';
import { ask } from './fixtures/asking-server.js';
import { asking } from './fixtures/server-calls.js';

const ui = { 'com.example/ui': { mimeTypes: ['text/html'] }, 'io.example/plain': {} };

describe('extensions', () => {
  it('are advertised as given, beside what the handlers stand for', async () => {
    const { connection } = await asking({ extensions: ui, roots: [] });
    expect(connection.sent('initialize')[0]?.params?.['capabilities']).toEqual({
      roots: { listChanged: true },
      extensions: ui,
    });
  });

  it('reach a server of the SDK', async () => {
    const { answer } = await ask({ extensions: ui }, (server) => server.getClientCapabilities());
    expect(answer).toEqual({ extensions: ui });
  });

  it('are not spoken of where there are none', async () => {
    const { connection } = await asking();
    expect(connection.sent('initialize')[0]?.params?.['capabilities']).toEqual({});
  });

  it.each([
    ['a name without a prefix', { ui: {} }, /prefix/],
    ['settings that are no object', { 'com.example/ui': true }, /object/],
  ])('are refused with %s', (_, extensions, message) => {
    const make = (): Client => new Client('http://127.0.0.1:1/mcp', { extensions } as unknown as ClientOptions);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });
});
