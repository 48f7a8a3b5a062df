/** The framing of a process's stdout against streams that are damaged anywhere, alone and behind a whole client. */
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonLines } from '../../src/transports/stdio/json-lines.js';
import { LineFramer } from '../../src/transports/stdio/line-framer.js';
import { clientOf } from '../support/processes.js';
import { cut, damage, damages, messages, parsed, patience, pollution, runs, sizes } from './damage.js';

const limits = { messageBytes: 5_000, depth: 128 };

const read = (chunks: readonly Buffer[], lines = new JsonLines(limits)): unknown[] => [
  ...chunks.flatMap((chunk) => lines.read(chunk)),
  ...lines.end(),
];

/** Each message on a line of its own, with noise between them. */
const streams = fc
  .tuple(
    messages,
    fc.constantFrom('\n', '\r\n', ' \n'),
    fc.array(fc.constantFrom('', ' ', 'log: ready', '{ x', '\t'), { maxLength: 3 }),
  )
  .map(([texts, newline, noise]) => ({
    texts,
    lines: texts.map((text) => [text, ...noise].map((line) => line + newline).join('')),
  }));

describe('the framing of lines', () => {
  it('delivers what is valid, once and in order, wherever the stream is cut', () => {
    fc.assert(
      fc.property(streams, sizes, ({ texts, lines }, pieces) => {
        expect(read(cut(Buffer.from(lines.join('')), pieces))).toEqual(parsed(texts));
        expect(pollution()).toEqual([]);
      }),
      runs(300),
    );
  });

  it('delivers what is valid before the damage, once and in order, never throws, and says the same however it is cut', () => {
    fc.assert(
      fc.property(streams, damages, sizes, ({ texts, lines }, changes, pieces) => {
        const { bytes, intact } = damage(Buffer.from(lines.join('')), changes);
        const [whole, inPieces] = [new JsonLines(limits), new JsonLines(limits)];
        const told = read([bytes], whole);
        expect(read(cut(bytes, pieces), inPieces)).toEqual(told);
        expect([inPieces.noise, inPieces.overflowed]).toEqual([whole.noise, whole.overflowed]);
        let end = 0;
        const valid = texts.filter((_, n) => (end += Buffer.byteLength(lines[n] ?? '')) <= intact);
        expect(told.slice(0, valid.length)).toEqual(parsed(valid));
        expect(pollution()).toEqual([]);
      }),
      runs(600),
    );
  });

  it('holds no more than a message may have, looks at each byte once, and overflows at the same line, however it is cut', () => {
    const longest = 100;
    const long = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 140 }),
        fc.integer({ min: 95, max: 105 }).map((size) => new Uint8Array(size).fill(0x78)),
        fc.integer({ min: 30, max: 105 }).map((size) => new Uint8Array(size).fill(0xff)),
        fc.constant(Uint8Array.of(0x0a)),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(long, sizes, (parts, pieces) => {
        const bytes = Buffer.concat(parts);
        const framed = (chunks: readonly Buffer[]): { lines: string[]; framer: LineFramer } => {
          const framer = new LineFramer(longest);
          const lines: string[] = [];
          for (const chunk of chunks) {
            lines.push(...framer.push(chunk));
            expect(framer.held).toBeLessThanOrEqual(longest);
          }
          return { lines: [...lines, ...framer.end()], framer };
        };
        const [whole, inPieces] = [framed([bytes]), framed(cut(bytes, pieces))];
        expect(inPieces.lines).toEqual(whole.lines);
        expect(inPieces.framer.overflowed).toBe(whole.framer.overflowed);
        expect(inPieces.framer.scanned).toBeLessThanOrEqual(bytes.length);
        // Written down another way: a line is too long when its bytes are.
        let overflows = false;
        for (let from = 0, to = 0; to !== -1 && !overflows; from = to + 1) {
          to = bytes.indexOf(0x0a, from);
          overflows = (to === -1 ? bytes.length : to) - from > longest;
        }
        expect(whole.framer.overflowed).toBe(overflows);
      }),
      runs(600),
    );
  });
});

const script = fileURLToPath(new URL('fixtures/writer.js', import.meta.url));

describe('a client of a process whose stdout is damaged', () => {
  it(
    'tells what is valid before the damage, once and in order, and goes on behind it',
    async () => {
      const told: unknown[] = [];
      const { client } = clientOf((mark) => ({ command: process.execPath, args: [script, mark] }), {
        messageHandler: (notification) => told.push(notification),
      });
      const lease = await client.connect();
      await fc.assert(
        fc.asyncProperty(streams, damages, sizes, async ({ texts, lines }, changes, pieces) => {
          const { bytes, intact } = damage(Buffer.from(lines.join('')), changes);
          told.length = 0;
          const chunks = cut(
            bytes,
            pieces.map((size) => size * 20),
          ).map((chunk) => chunk.toString('base64'));
          await lease.callTool('write', { chunks }, { timeout: 10_000 });
          let end = 0;
          const valid = texts.filter((_, n) => (end += Buffer.byteLength(lines[n] ?? '')) <= intact);
          const expected = (parsed(valid) as { method: string; params: object }[]).map(({ method, params }) => ({
            method,
            params,
          }));
          expect(told.slice(0, valid.length)).toEqual(expected);
          expect(client.generation).toBe(1);
          expect(client.inFlight).toEqual([]);
          expect(pollution()).toEqual([]);
        }),
        runs(60),
      );
    },
    patience(30_000),
  );
});
