import { describe, expect, it } from 'vitest';
import { RecordingError, replayRun } from '../../src/inspector/index.js';
import { exited } from '../support/chart.js';
import { Walk } from './walk.js';

describe('what is no recording', () => {
  const [header = '', first = '', second = '', third = ''] = new Walk()
    .take({ type: 'lease.acquired', id: 1 })
    .take({ type: 'lease.acquired', id: 2 })
    .take({ type: 'lease.released', id: 2 }).lines;

  const rejection = async (...lines: string[]): Promise<RecordingError> =>
    replayRun(lines).then(
      () => {
        throw new Error('it was replayed');
      },
      (error: unknown) => error as RecordingError,
    );

  it.each([
    ['nothing', [], 'empty', 'nothing was recorded'],
    ['another JSON', ['{"name":"x"}'], 'not_a_recording', 'not a recording of mcp-actor'],
    ['no JSON', ['# Title', 'text'], 'not_a_recording', 'not a recording of mcp-actor'],
    ['null', ['null'], 'not_a_recording', 'not a recording of mcp-actor'],
    ['a later format', [header.replace('"format":1', '"format":2')], 'version', 'format 2'],
    ['a torn first line', [header.slice(0, 40)], 'empty', 'ends within its first line'],
    ['a line torn in the middle', [header, first.slice(0, 30), second], 'damaged', 'line 2 is damaged'],
    ['a missing event', [header, first, third], 'damaged', 'event 2 was to follow, and this is event 3'],
    ['an event of nobody', [header, first.replace('"client":1', '"client":9')], 'damaged', 'client 9 has no header'],
    ['an unknown event', [header, first.replace('lease.acquired', 'lease.stolen')], 'damaged', 'line 2 is damaged'],
    ['more behind the end', [header, '{"end":{"events":0}}', first], 'damaged', 'stands behind the end'],
  ])('is refused with the reason: %s', async (_what, lines, code, words) => {
    const error = await rejection(...lines);
    expect(error).toBeInstanceOf(RecordingError);
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  it('is refused where failures stand behind one another without an end', async () => {
    const [start = '', ...events] = new Walk()
      .take({ type: 'lease.acquired', id: 1 })
      .take({ type: 'session.lost', generation: 1, failure: exited, answering: false }).lines;
    const one = '{"kind":"connection","code":"x","executed":"no","retryable":true';
    const endless = (one + ',"because":').repeat(5_000) + one + '}'.repeat(5_001);
    const lines = events.map((line) => line.replace(/"failure":\{.*?\}/, `"failure":${endless}`));
    expect(await rejection(start, ...lines)).toMatchObject({
      name: 'RecordingError',
      code: 'damaged',
      message: 'line 3 is damaged: it is nested too deep',
    });
  });

  it('is replayed up to a torn last line, at whatever byte it is torn', async () => {
    const whole = [header, first, second, third].join('');
    const untorn = new Map([header, header + first, header + first + second].map((text, at) => [text.length, at]));
    for (let length = header.length; length < whole.length; length += 1) {
      const { agrees, runs, ending } = await replayRun(whole.slice(0, length).split('\n'));
      const kept = whole.slice(0, length + 1).split('\n').length - 2;
      expect({ agrees, events: runs[0]?.steps.length }, String(length)).toEqual({ agrees: true, events: kept });
      // A line without its line feed is whole: nothing but that can be missing.
      const isWhole = untorn.has(length) || whole[length] === '\n';
      expect(ending, String(length)).toBe(isWhole ? 'open' : 'torn');
    }
  });
});
