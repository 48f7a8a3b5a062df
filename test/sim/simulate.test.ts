/** `simulate()`: a workload of the user's own, in virtual time, with faults. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { scriptedServer } from '../../src/testing/scripted-server.js';
import { simulate, type SimulatedStage } from '../../src/testing/simulator/simulate.js';

const patient = async ({ client, sleep }: SimulatedStage): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) {
    await client
      .use(async (lease) => {
        await lease.callTool('echo', { message: 'hello' }).catch(() => undefined);
        await sleep(60_000);
      })
      .catch(() => undefined);
  }
};

describe('simulate()', () => {
  it('lets minutes pass in no time', async () => {
    const run = await simulate({ source: scriptedServer().source, seed: 1, workload: patient });
    expect(run).toMatchObject({ ok: true, violations: [] });
    expect(run.virtualTime).toBeGreaterThanOrEqual(300_000);
    expect(run.trace.some((line) => line.includes('ready.leased'))).toBe(true);
  });

  it('gives the same run for the same seed, faults and all', async () => {
    const run = () => simulate({ source: scriptedServer().source, faults: 'swarm', seed: 7, workload: patient });
    const [once, again] = [await run(), await run()];
    expect(again.trace).toEqual(once.trace);
    expect(again.unseed).toBe(once.unseed);
  });

  it('breaks servers of every seed, and the client holds', { timeout: 60_000 }, async () => {
    let faults = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const run = await simulate({ source: scriptedServer().source, faults: 'swarm', seed, workload: patient });
      expect(run.violations, run.trace.join('\n')).toEqual([]);
      faults += run.trace.filter((line) => line.includes(' fault: ')).length;
    }
    expect(faults).toBeGreaterThan(100);
  });

  it('takes a plan', async () => {
    const run = await simulate({
      source: scriptedServer().source,
      faults: [{ fault: 'refuse', generation: 1, code: 'ENOENT' }],
      seed: 1,
      workload: async ({ client }) => {
        const failure: unknown = await client.connect().catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'ENOENT' });
      },
    });
    expect(run.violations).toEqual([]);
  });

  it('talks to servers of the official SDK', async () => {
    const source = (): McpServer => {
      const server = new McpServer({ name: 'sdk', version: '1' });
      server.registerTool('echo', {}, () => ({ content: [{ type: 'text', text: 'hello' }] }));
      return server;
    };
    const run = await simulate({
      source,
      seed: 3,
      workload: async ({ client }) => {
        const { content } = await client.use((lease) => lease.callTool('echo'));
        expect(content).toEqual([{ type: 'text', text: 'hello' }]);
      },
    });
    expect(run.violations).toEqual([]);
  });

  it('reports what the workload throws', async () => {
    const run = await simulate({
      source: scriptedServer().source,
      seed: 1,
      workload: () => Promise.reject(new Error('the agent gave up')),
    });
    expect(run.ok).toBe(false);
    expect(run.violations).toEqual([{ invariant: 'the workload resolves', message: 'the agent gave up' }]);
  });

  it('reports a workload that waits for nothing', async () => {
    const run = await simulate({
      source: scriptedServer().source,
      seed: 1,
      workload: () => new Promise(() => undefined),
    });
    expect(run.violations[0]?.message).toContain('waits for nothing');
  });

  it('hands out chance and time that come from the seed', async () => {
    const numbers: number[] = [];
    const workload = async ({ random, clock }: SimulatedStage): Promise<void> => {
      numbers.push(random(), clock.now());
    };
    await simulate({ source: scriptedServer().source, seed: 11, workload });
    await simulate({ source: scriptedServer().source, seed: 11, workload });
    expect(numbers.slice(0, 2)).toEqual(numbers.slice(2));
  });
});
