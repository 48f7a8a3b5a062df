/**
 * What the conformance suite runs: one scenario, with the public API and nothing else. The harness names
 * the scenario and what belongs to it in the environment, and the server as the last argument.
 */
import { accept, Client, type ClientOptions, type Lease, type ListedTool } from '../../src/index.js';
import { authFor } from './credentials.js';
import { scenarioOf, type Scenario } from './scenario.js';

const scenario = scenarioOf(process.env);
const [url] = process.argv.slice(-1);
if (url === undefined) throw new Error('the harness gives the URL of its server as the last argument');

await using client = new Client(url, optionsOf(scenario));
await client.use(play);

function optionsOf(of: Scenario): ClientOptions {
  return {
    clientInfo: { name: 'mcp-actor-conformance', version: '1.0.0' },
    // What fails here is to fail at once, and be seen.
    reconnect: false,
    // The suite starts all scenarios at once, and has patience enough for all: what is slow then is the machine.
    connectTimeout: 60_000,
    initTimeout: 60_000,
    ...(of.name.startsWith('elicitation') ? { elicitationHandler: () => accept({}) } : {}),
    ...(of.name.startsWith('auth/') ? { auth: authFor(of) } : {}),
  };
}

async function play(lease: Lease): Promise<void> {
  const tools = await lease.listTools();
  if (scenario.name === 'initialize') return;
  for (const { name } of tools) await lease.callTool(name, argumentsOf(name, tools), { throwOnError: false });
}

function argumentsOf(tool: string, tools: readonly ListedTool[]): Record<string, unknown> {
  switch (tool) {
    case 'add_numbers':
      return { a: 5, b: 3 };
    case 'json_schema_echo':
      // It wants to see what reached us of another tool's schema.
      return { schema: tools.find(({ name }) => name === 'json_schema_2020_12_tool')?.inputSchema };
    default:
      return {};
  }
}
