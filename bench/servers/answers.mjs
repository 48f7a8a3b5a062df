/**
 * What every server of the bench answers: the same words over memory, stdio and HTTP. It does as
 * little as an MCP server can, so that what is measured is the client.
 */

/** The text of the large result: 4 MiB of what JSON needs not escape. */
const LARGE = 'The quick brown fox jumps over it. '.repeat(Math.ceil((4 * 1024 * 1024) / 35)).slice(0, 4 * 1024 * 1024);

/**
 * @param {{ id?: string | number, method: string, params?: any }} message what came in
 * @returns {object | null} the response, or null for what gets none
 */
export function answer({ id, method, params }) {
  if (id === undefined) return null;
  switch (method) {
    case 'tools/call':
      return { jsonrpc: '2.0', id, result: called(params) };
    case 'initialize':
      return {
        jsonrpc: '2.0',
        id,
        result: {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: 'echo', version: '1.0.0' },
        },
      };
    case 'ping':
      return { jsonrpc: '2.0', id, result: {} };
    default:
      return { jsonrpc: '2.0', id, error: { code: -32601, message: `no ${method} here` } };
  }
}

/** A fresh object each time, as one that was parsed would be. */
function called(params) {
  const text = params.name === 'large' ? LARGE : params.arguments.text;
  return { content: [{ type: 'text', text }] };
}
