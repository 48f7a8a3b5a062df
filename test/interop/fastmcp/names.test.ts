import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';

const run = promisify(execFile);

/** Every public name of the client, as the package itself tells. */
const ask = `
import importlib, inspect, json
from fastmcp import Client

def public(owner):
    return [name for name in dir(owner) if not name.startswith('_')]

names = public(Client) + [name for name in inspect.signature(Client.__init__).parameters if name != 'self']
for module, classes in {
    'messages': ['MessageHandler'], 'tasks': ['ToolTask', 'ResourceTask', 'PromptTask'], 'group': ['ClientGroup'],
}.items():
    try:
        found = importlib.import_module('fastmcp.client.' + module)
    except ModuleNotFoundError:
        continue
    for each in classes:
        names += [each, *public(getattr(found, each))]
import fastmcp.client, fastmcp.client.transports
for module in (fastmcp.client, fastmcp.client.transports):
    names += module.__all__
print(json.dumps(sorted(set(names) - {'Client'})))
`;

describe.each(Object.entries(inject('fastmcp')))('the guide for users of fastmcp %s', (_version, prepared) => {
  it.skipIf('missing' in prepared)('names everything that its client has', async () => {
    if ('missing' in prepared) return;
    const { stdout } = await run(prepared.python, ['-c', ask]);
    const names = JSON.parse(stdout) as string[];
    expect(names.length).toBeGreaterThan(60);
    const guide = await readFile(join(process.cwd(), 'docs', 'from-fastmcp.md'), 'utf8');
    const theirs = new Set([...guide.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1]));
    expect(names.filter((name) => !theirs.has(name))).toEqual([]);
  });
});
