/** The four servers of the first run, as each of the two sides gets them: with processes of its own. */
import { fileURLToPath } from 'node:url';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { Deployment } from './deployment.js';
import { Instance } from './instance.js';
import type { Server } from './server.js';
import { serverWithTools } from './tools.js';

const everything = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'));
const forgetful = fileURLToPath(import.meta.resolve('./forgetful.ts'));

/** The reference server, as a child of the client. */
export function stdioServer(): Server {
  const server = { command: process.execPath, args: [everything, 'stdio'] };
  const transport = (): Transport => new StdioClientTransport({ ...server, stderr: 'ignore' });
  return { title: 'server-everything over stdio', short: 'stdio', isChild: true, source: server, transport };
}

/** One in this process. */
export function memoryServer(): Server {
  const transport = (): Transport => {
    const [ours, theirs] = InMemoryTransport.createLinkedPair();
    void serverWithTools().connect(theirs);
    return ours;
  };
  return { title: 'a server in memory', short: 'memory', isChild: false, source: serverWithTools, transport };
}

/** The same over HTTP: an unknown session is a 400. */
export const everythingOverHttp = {
  args: [everything, 'streamableHttp'],
  title: 'server-everything over HTTP',
  short: 'HTTP 400',
};
/** One of our own: an unknown session is a 404. */
export const forgetfulOverHttp = {
  args: ['--import', import.meta.resolve('tsx'), forgetful],
  title: 'our own server over HTTP',
  short: 'HTTP 404',
};

export type Program = typeof everythingOverHttp;

export async function deploy(
  { args, title, short }: Program,
  started: (pid: number) => void,
): Promise<{ server: Server; deployment: Deployment }> {
  const deployment = await Deployment.start(() => Instance.start(args, started));
  const { url } = deployment;
  const transport = (): Transport => new StreamableHTTPClientTransport(url);
  return { deployment, server: { title, short, isChild: false, source: url, transport } };
}
