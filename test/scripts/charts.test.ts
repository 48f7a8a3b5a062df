import { describe as suite, expect, it } from 'vitest';
import { chartFiles, indexFile } from '../../scripts/charts/files.js';
import { layOut, type Rectangle } from '../../scripts/charts/layout.js';
import { toSvg } from '../../scripts/charts/svg.js';
import { describe } from '../../src/machines/describe.js';
import { edgesOf } from '../../src/machines/edges.js';
import { clientMachine } from '../../src/machines/index.js';
import { lamp } from '../machines/lamp.machine.js';

const charts = [describe(lamp), describe(clientMachine)];

const overlap = (one: Rectangle, other: Rectangle): boolean =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

suite.each(charts)('the drawing of $id', (chart) => {
  it('shows every state and every line, each by its name', async () => {
    const svg = await toSvg(chart);
    for (const { path } of chart.states.slice(1)) expect(svg).toContain(`data-state="${path}"`);
    for (const { source, target } of edgesOf(chart)) expect(svg).toContain(`data-edge="${source} &gt; ${target}"`);
  });

  it('lays no label over another, nor over the words of a state', async () => {
    const { states, edges } = await layOut(chart);
    const substates = new Set(states.map(({ state }) => state.parent));
    const labels = edges.map(({ label }) => label);
    const leaves = states.filter(({ state }) => !substates.has(state.path));
    labels.forEach((label, index) => {
      const others = [...labels.slice(index + 1), ...leaves];
      expect(others.filter((other) => overlap(label, other))).toEqual([]);
    });
  });

  it('is the same every time', async () => {
    expect(await toSvg(chart)).toBe(await toSvg(chart));
  });

  it('brings its own background, and fetches nothing', async () => {
    const svg = await toSvg(chart);
    expect(svg).toContain('<rect width="100%" height="100%"');
    expect(svg.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|@import|href/);
  });
});

suite('the files of a chart', () => {
  it('are a page with Mermaid and the table, a drawing, and data', async () => {
    const [chart = describe(lamp)] = charts;
    const files = await chartFiles(chart);
    expect([...files.keys()]).toEqual(['lamp.md', 'lamp.svg', 'lamp.json']);
    expect(files.get('lamp.md')).toContain('```mermaid\nstateDiagram-v2\n');
    expect(files.get('lamp.md')).toContain('| **off** | `switch.pressed` | *otherwise* |');
    expect(JSON.parse(files.get('lamp.json') ?? '')).toEqual(chart);
    expect(indexFile(charts)).toContain('[lamp](lamp.md)');
  });
});
