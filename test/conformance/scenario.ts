/** What the harness tells the client it runs: MCP_CONFORMANCE_SCENARIO, and MCP_CONFORMANCE_CONTEXT as JSON. */
import { z } from 'zod';

const context = z.object({
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  private_key_pem: z.string().optional(),
  signing_algorithm: z.string().optional(),
  idp_client_id: z.string().optional(),
  idp_id_token: z.string().optional(),
  idp_issuer: z.string().optional(),
  idp_token_endpoint: z.string().optional(),
});

export interface Scenario {
  readonly name: string;
  readonly context: z.infer<typeof context>;
}

export function scenarioOf(env: NodeJS.ProcessEnv): Scenario {
  const name = env['MCP_CONFORMANCE_SCENARIO'];
  if (name === undefined) throw new Error('MCP_CONFORMANCE_SCENARIO is not set: the harness runs this file');
  return { name, context: context.parse(JSON.parse(env['MCP_CONFORMANCE_CONTEXT'] ?? '{}')) };
}
