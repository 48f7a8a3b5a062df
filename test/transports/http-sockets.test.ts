/** What a connection is made of: TLS as it is told, Unix sockets, and dispatchers of the user's. */
import { Agent, MockAgent, Pool } from 'undici';
import { beforeAll, describe, expect, it } from 'vitest';
import { causeOf } from '../../src/protocol/failure.js';
import type { DispatcherLike, TlsOptions } from '../../src/transports/remote-options.js';
import { makeCertificates, type Certificates } from '../support/certificates.js';
import { event, faults } from '../support/http-faults.js';
import type { HttpServer } from '../support/http-server.js';
import { secure, unixSocket } from '../support/relay.js';
import { call, connect, initialize, Observed, startServer, type Setting } from './http-harness.js';

let certificates: Certificates;
beforeAll(() => {
  certificates = makeCertificates();
});

describe('over TLS', () => {
  const linkTo = (port: number, tls?: TlsOptions): Observed =>
    new Observed(new URL(`https://127.0.0.1:${String(port)}/mcp`), { options: { tls } });

  it('a certificate of an authority that nobody knows is refused, and nothing is sent', async () => {
    const server = await startServer();
    const { port } = await secure(server.port, certificates.server);
    const seen = linkTo(port);
    seen.link.send([initialize]);
    const { failure } = await seen.failed(0);
    expect(failure).toMatchObject({ kind: 'connection', executed: 'no', retryable: false });
    expect(failure.code).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED/);
    expect(server.visits).toEqual([]);
  });

  it.each(['text', 'bytes', 'a list'] as const)('an authority that is given as %s is believed', async (form) => {
    const server = await startServer();
    const { port } = await secure(server.port, certificates.server);
    const { ca } = certificates;
    const seen = linkTo(port, { ca: form === 'text' ? ca : form === 'bytes' ? new TextEncoder().encode(ca) : [ca] });
    await seen.handshake();
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    await seen.close();
  });

  it('whoever answers is believed where that is wanted [3.8.6]', async () => {
    const server = await startServer();
    const { port } = await secure(server.port, certificates.server);
    await (await linkTo(port, { rejectUnauthorized: false }).handshake()).close();
    expect(server.count('initialize')).toBe(1);
  });

  it('the certificate has to be for the name that was asked for', async () => {
    const server = await startServer();
    const { port } = await secure(server.port, certificates.server);
    const { ca } = certificates;
    await (await linkTo(port, { ca, servername: 'mcp.example.test' }).handshake()).close();
    const seen = linkTo(port, { ca, servername: 'other.example.test' });
    seen.link.send([initialize]);
    expect((await seen.failed(0)).failure).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', retryable: false });
  });

  it('a server that asks who we are is shown our certificate, and a key that may be encrypted', async () => {
    const server = await startServer();
    const { ca, client, encryptedKey, passphrase } = certificates;
    const strict = { ...certificates.server, ca, requestCert: true, rejectUnauthorized: true };
    const { port, clients } = await secure(server.port, strict);
    await (await linkTo(port, { ca, cert: client.cert, key: client.key }).handshake()).close();
    await (await linkTo(port, { ca, cert: client.cert, key: encryptedKey, passphrase }).handshake()).close();
    expect(new Set(clients)).toEqual(new Set(['client']));
    const unknown = linkTo(port, { ca });
    unknown.link.send([initialize]);
    expect((await unknown.failed(0)).failure).toMatchObject({ kind: 'connection' });
    expect(server.count('initialize')).toBe(2);
  });

  it('a key that cannot be read is refused before anything is sent, without a word of it', () => {
    const { client, encryptedKey } = certificates;
    const make = (tls: TlsOptions) => () => linkTo(1, tls);
    for (const refused of [
      make({ cert: client.cert, key: encryptedKey, passphrase: 'open barley' }),
      make({ cert: client.cert, key: 'a secret of mine' }),
      make({ ca: 'ca.pem', cert: client.key }),
    ]) {
      expect(refused).toThrow(/option tls: its certificates or its key cannot be used/);
      expect(refused).not.toThrow(/barley|secret/);
    }
  });
});

describe('a Unix socket', () => {
  it('leads to the server, which is asked for the host of the URL', async () => {
    const server = await startServer();
    const socketPath = await unixSocket(server.port);
    const seen = await new Observed(new URL('http://mcp.example.test:81/mcp'), { options: { socketPath } }).handshake();
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    await server.arrived('GET');
    await seen.close();
    expect(new Set(server.visits.map(({ headers }) => headers.host))).toEqual(new Set(['mcp.example.test:81']));
    expect(server.sessions.size).toBe(0);
  });

  it('that is not there is no connection', async () => {
    const seen = new Observed(new URL('http://localhost/mcp'), { options: { socketPath: '/nowhere/mcp.sock' } });
    seen.link.send([initialize]);
    expect((await seen.failed(0)).failure).toMatchObject({ kind: 'connection', code: 'ENOENT', executed: 'no' });
  });
});

/** That of the `fetch` of Node, whose undici is older than ours, and speaks of answers in another way. */
const older = async (): Promise<DispatcherLike> => {
  await fetch('data:,');
  return (globalThis as Record<symbol, unknown>)[Symbol.for('undici.globalDispatcher.1')] as DispatcherLike;
};

describe('a dispatcher of the user’s', () => {
  const over = (dispatcher: DispatcherLike): Setting => ({ options: { dispatcher } });

  it.each([
    ['an Agent', () => Promise.resolve(new Agent())],
    ['a Pool', (server: HttpServer) => Promise.resolve(new Pool(server.url.origin))],
    ['that of an older undici', older],
  ])('carries everything: %s', async (_, make) => {
    const server = await startServer({ answers: 'stream' });
    const seen = await connect(server, over(await make(server)));
    seen.link.send([call(1, 'count', { steps: 2 }), call(2)]);
    expect(await seen.text(1)).toBe('counted');
    expect(await seen.text(2)).toBe('call 2');
    await server.until(() => server.streams.size === 1);
    for (const stream of server.streams) stream.write(event({ jsonrpc: '2.0', method: 'notifications/message' }));
    await seen.until(() => seen.messages.length === 6);
    server.next('tools/call', faults.status(500), faults.reset);
    seen.link.send([call(3)]);
    expect((await seen.failed(3)).failure).toMatchObject({ code: 'http_500' });
    seen.link.send([call(4)]);
    expect((await seen.failed(4)).failure).toMatchObject({ kind: 'connection', executed: 'maybe' });
    await seen.close();
    expect(server.sessions.size).toBe(0);
    expect(server.streams.size).toBe(0);
  });

  it('is never closed: what runs on it is aborted with the link, and it goes on for others', async () => {
    const server = await startServer();
    const agent = new Agent();
    const first = await connect(server, over(agent));
    const second = await connect(server, over(agent));
    await server.until(() => server.streams.size === 2);
    first.link.send([call(1, 'hold')]);
    await server.arrived('tools/call');
    first.link.kill();
    await server.until(() => server.streams.size === 1);
    second.link.send([call(2)]);
    expect(await second.text(2)).toBe('call 2');
    await second.close();
    expect(agent.closed || agent.destroyed).toBe(false);
    await agent.close();
    await server.quiet();
  });

  it('takes at most limits.connections at once, and gives up at once what it has not begun', async () => {
    const server = await startServer({ stream: false });
    const pool = new Pool(server.url.origin, { connections: 1 });
    const seen = await connect(server, { ...over(pool), limits: { connections: 4 } });
    seen.link.send([call(1, 'hold'), call(2), call(3)]);
    await server.arrived('tools/call');
    // The second stands in the pool's own queue, and the third waits for a turn here.
    seen.link.abandon([2]);
    server.release();
    expect(await seen.text(1)).toBe('released');
    expect(await seen.text(3)).toBe('call 3');
    expect(server.visits.filter(({ message }) => message.id === 2)).toEqual([]);
    await seen.close();
    await pool.close();
  });

  it('may answer by itself', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'mock', version: '1' } };
    agent
      .get('http://mcp.example.test')
      .intercept({ path: '/mcp', method: 'POST' })
      .reply(200, { jsonrpc: '2.0', id: 0, result }, { headers: { 'content-type': 'application/json' } });
    const seen = new Observed(new URL('http://mcp.example.test/mcp'), over(agent));
    seen.link.send([initialize]);
    expect((await seen.answer(0)).result).toEqual(result);
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ kind: 'connection' });
    await agent.close();
  });

  it('that throws fails one request', async () => {
    const dispatcher: DispatcherLike = {
      dispatch: () => {
        throw new Error('not today');
      },
    };
    const seen = new Observed(new URL('http://mcp.example.test/mcp'), over(dispatcher));
    seen.link.send([initialize]);
    const { failure } = await seen.failed(0);
    expect(failure).toMatchObject({ kind: 'connection', executed: 'no' });
    expect(causeOf(failure)).toMatchObject({ message: 'not today' });
  });
});
