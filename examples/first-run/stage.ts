/** What a run is about: the lanes, what goes wrong on them, and what the agents do. */
import { visit, work, type Script } from './agents.js';
import { cutStreams, killServers, restartServers, type Fault } from './faults.js';
import { Lane, type SideName } from './lane.js';
import { Processes } from './processes.js';
import {
  deploy,
  everythingOverHttp,
  forgetfulOverHttp,
  memoryServer,
  stdioServer,
  type Program,
} from './servers/demo.js';
import type { Deployment } from './servers/deployment.js';
import { ownServer } from './servers/own.js';
import type { Server } from './servers/server.js';
import { Client } from '../../src/index.js';
import { OurConnection } from './sides/ours.js';
import { SdkConnection } from './sides/sdk.js';
import type { Connect, ListKind } from './sides/side.js';

export interface Stage {
  /** In pairs: the SDK's, then ours. */
  readonly lanes: readonly Lane[];
  readonly faults: readonly Fault[];
  readonly script: Script;
  /** Ends the servers that no client started. */
  stop(): Promise<void>;
}

const sides: Readonly<Record<SideName, Connect>> = {
  SDK: (server, started) => new SdkConnection(server, started),
  'mcp-actor': (server, started) => new OurConnection(server, started),
};

const laneOf = (side: SideName, server: Server, processes = new Processes()): Lane =>
  new Lane(side, server, sides[side], processes);

const pairOf = (make: () => Server): Lane[] => [laneOf('SDK', make()), laneOf('mcp-actor', make())];

interface Deployed {
  readonly lane: Lane;
  readonly deployment: Deployment;
}

async function deployed(side: SideName, program: Program): Promise<Deployed> {
  const processes = new Processes();
  const { server, deployment } = await deploy(program, (pid) => {
    processes.add(pid);
  });
  return { deployment, lane: laneOf(side, server, processes) };
}

/** Four servers, three faults. */
export async function demo(): Promise<Stage> {
  const http = await Promise.all(
    [everythingOverHttp, forgetfulOverHttp].flatMap((program) => [
      deployed('SDK', program),
      deployed('mcp-actor', program),
    ]),
  );
  const stdio = pairOf(stdioServer);
  const overHttp = http.map(({ lane }) => lane);
  const deployments = http.map(({ deployment }) => deployment);
  return {
    lanes: [...stdio, ...overHttp, ...pairOf(memoryServer)],
    script: work,
    faults: [
      killServers(1 / 4, stdio),
      restartServers(1 / 2, overHttp, deployments),
      cutStreams(3 / 4, overHttp, deployments),
    ],
    async stop() {
      await Promise.all(deployments.map((deployment) => deployment.stop()));
    },
  };
}

/** The user's own server, and no more harm done to it than to kill what we started. */
export async function own(typed: string): Promise<Stage> {
  const lists = await listsOf(typed);
  const lanes = pairOf(() => ownServer(typed));
  const isOurs = lanes.some(({ server }) => server.isChild);
  return {
    lanes,
    faults: isOurs ? [killServers(1 / 4, lanes)] : [],
    script: visit(lists),
    stop: () => Promise.resolve(),
  };
}

/** What it lists. One that cannot be talked to is told of here, in a sentence rather than in a table. */
function listsOf(typed: string): Promise<ListKind[]> {
  const client = new Client(typed);
  return client.use(() => {
    const offered = client.serverCapabilities ?? {};
    return Promise.resolve((['tools', 'prompts', 'resources'] as const).filter((kind) => offered[kind] !== undefined));
  });
}
