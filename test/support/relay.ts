/** Something in front of a server that passes its bytes on: an end of TLS, or a Unix socket. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createSecureServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';

function passOn(server: Server, event: string, port: number): Server {
  const sockets = new Set<Socket>();
  server.on(event, (socket: Socket) => {
    const onward = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return server;
}

/** TLS before the server at this port: gives the port to connect to, and the names of the clients that came. */
export async function secure(port: number, options: TlsOptions): Promise<{ port: number; clients: string[] }> {
  const clients: string[] = [];
  const server = createSecureServer(options);
  server.on('secureConnection', (socket: TLSSocket) => {
    const { subject } = socket.getPeerCertificate() as { subject?: { CN?: string } };
    clients.push(subject?.CN ?? '');
  });
  server.on('tlsClientError', () => undefined);
  passOn(server, 'secureConnection', port).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, clients };
}

/** A Unix socket before the server at this port: gives its path. */
export async function unixSocket(port: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-actor-socket-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'mcp.sock');
  const server = passOn(createServer(), 'connection', port).listen(path);
  await once(server, 'listening');
  return path;
}
