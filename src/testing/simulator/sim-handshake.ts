/** How a simulated server answers `initialize`, and everything that goes wrong there. */
import type { SimServer } from './sim-server.js';
import type { SimTransport } from './sim-transport.js';

const result = (protocolVersion: string) => ({
  protocolVersion,
  capabilities: { tools: {} },
  serverInfo: { name: 'simulated', version: '1' },
});

export function answerInitialize(server: SimServer, transport: SimTransport, id: number | string): void {
  const { faults } = server;
  const good = { id, result: result('2025-11-25') };
  if (faults.strikes('requests before initialized')) {
    server.ask(transport, 0);
    server.notify(transport, 0);
  }
  if (faults.strikes('handshake silent')) return;
  if (faults.strikes('handshake kills')) {
    transport.die(faults.error('handshake kills'));
    return;
  }
  if (faults.strikes('handshake refused')) {
    server.post(transport, { id, error: { code: -32603, message: 'not today' } }, server.delay());
    return;
  }
  if (faults.strikes('handshake version')) {
    server.post(transport, { id, result: result('1999-01-01') }, server.delay());
    return;
  }
  if (faults.strikes('handshake malformed')) {
    server.post(transport, { id, result: { protocolVersion: 7 } }, server.delay());
    return;
  }
  if (faults.strikes('handshake wrong id')) {
    server.post(transport, { ...good, id: Number(id) + 1_000 }, server.delay());
    return;
  }
  if (faults.strikes('handshake text id')) {
    server.post(transport, { ...good, id: String(id) }, server.delay());
    return;
  }
  const delay = faults.strikes('handshake late') ? server.longDelay() : server.delay();
  server.post(transport, good, delay);
  if (faults.strikes('handshake twice')) server.post(transport, good, delay);
}
