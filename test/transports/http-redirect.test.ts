/** What a server may not make of us: go elsewhere with what is not for there, run in circles, carry its cookies. */
import { describe, expect, it } from 'vitest';
import { faults, type Fault } from '../support/http-faults.js';
import { call, connect, startServer } from './http-harness.js';

const to =
  (location: string, status = 307): Fault =>
  ({ response }) =>
    response.writeHead(status, { location, 'set-cookie': 'sid=redirected' }).end();

const secret = { authorization: 'Bearer sesame-sesame', 'x-api-key': 'sesame-too' };

describe('a redirect', () => {
  it.each([
    ['another port', (port: number) => `http://127.0.0.1:${String(port)}/mcp`],
    ['another port, in short', (port: number) => `//127.0.0.1:${String(port)}/mcp`],
    ['another name of the same machine', (port: number) => `http://localhost:${String(port)}/mcp`],
    ['somebody who is said to be us', (port: number) => `http://127.0.0.1@127.0.0.1:${String(port)}/mcp`],
  ])('to %s is not followed, and nobody there hears of us [row 45]', async (_, location) => {
    const other = await startServer();
    const server = await startServer();
    const seen = await connect(server, { options: { headers: secret } });
    server.next('tools/call', to(location(other.port)));
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    expect(failure).toMatchObject({ kind: 'connection', status: 307, executed: 'no' });
    expect(failure.message).toContain('redirects to another origin');
    expect(other.connections).toBe(0);
  });

  it.each(['https:', 'ftp:', 'file:', 'javascript:'])('to %s is not followed [row 45]', async (scheme) => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', to(`${scheme}//127.0.0.1:${String(server.port)}/mcp`));
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ status: 307, executed: 'no' });
    expect(server.count('tools/call')).toBe(1);
  });

  it.each(['', 'http://[', 'http://127.0.0.1:99999/'])(
    'to nowhere (%j) fails its request [row 45]',
    async (location) => {
      const server = await startServer();
      const seen = await connect(server);
      // An empty one leads to where it was.
      server.always('tools/call', location === '' ? faults.status(307) : to(location));
      seen.link.send([call(1)]);
      expect((await seen.failed(1)).failure).toMatchObject({ kind: 'connection', status: 307 });
      expect(server.count('tools/call')).toBe(1);
    },
  );

  it('that leads from one path to another and back is left after three [row 45]', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.always('tools/call', (visit) => {
      to(visit.path === '/mcp' ? '/here' : visit.path === '/here' ? '/there' : '/here', 308)(visit);
    });
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ status: 308, executed: 'no' });
    const paths = server.visits.filter(({ message }) => message.method === 'tools/call').map(({ path }) => path);
    expect(paths).toEqual(['/mcp', '/here', '/there', '/here']);
  });

  it('that goes in circles for the stream and for the end of the session holds up neither [row 45]', async () => {
    const server = await startServer();
    server.always('GET', to('/mcp'));
    server.always('DELETE', to('/mcp'));
    const seen = await connect(server);
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    await seen.close();
    expect(server.count('DELETE')).toBe(4);
    await server.quiet();
  });

  it('within the origin keeps who we are, whoever its address names [row 45]', async () => {
    const server = await startServer();
    const seen = await connect(server, { options: { headers: secret } });
    server.next('tools/call', to(`http://mallory:pass@127.0.0.1:${String(server.port)}/moved`));
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    expect(server.last('tools/call')).toMatchObject({ path: '/moved', headers: secret });
  });
});

it('cookies are not kept, whatever sets them [row 45]', async () => {
  const server = await startServer();
  const set: Fault = ({ response, behave }) => {
    response.setHeader('set-cookie', ['sid=1; Path=/', 'b=2']);
    behave();
  };
  server.always('*', set);
  const seen = await connect(server);
  server.next('tools/call', to('/mcp'), set);
  seen.link.send([call(1)]);
  expect(await seen.text(1)).toBe('call 1');
  seen.link.send([call(2)]);
  expect(await seen.text(2)).toBe('call 2');
  await seen.close();
  expect(server.visits.length).toBeGreaterThan(5);
  expect(server.visits.filter(({ headers }) => headers.cookie !== undefined)).toEqual([]);
});

describe('an answer to a request that is', () => {
  it.each<readonly [string, Fault, string]>([
    ['a page', faults.html, 'content_type'],
    ['plain text', faults.status(200, { 'content-type': 'text/plain' }, '{}'), 'content_type'],
    ['of no type', faults.status(200, {}, '{}'), 'content_type'],
    [
      'of a type that only begins like JSON',
      faults.status(200, { 'content-type': 'application/jsonp' }, '{}'),
      'content_type',
    ],
    ['204', faults.status(204), 'no_answer'],
    ['202', faults.accepted, 'no_answer'],
    ['empty', faults.empty, 'no_answer'],
    ['half of one', faults.halfJson, 'invalid_json'],
  ])('%s is an error for it at once, and for nothing else [row 41]', async (_, fault, code) => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', fault);
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ kind: 'connection', code, executed: 'maybe' });
    seen.link.send([call(2)]);
    expect(await seen.text(2)).toBe('call 2');
    expect(seen.saw('lost')).toBe(false);
  });
});
