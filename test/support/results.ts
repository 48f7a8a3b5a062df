/** What tools say, as text. */
import type { Lease, ToolResult } from '../../src/index.js';

/** What the tool of this name says, as text. */
export async function textOf(
  caller: Pick<Lease, 'callTool'>,
  tool: string,
  args: Record<string, unknown> = {},
): Promise<string> {
  return firstText(await caller.callTool(tool, args));
}

export function firstText({ content: [first] }: Pick<ToolResult, 'content'>): string {
  if (first?.type !== 'text') throw new Error('the answer is no text');
  return first.text;
}
