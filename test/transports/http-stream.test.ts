import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../src/protocol/limits.js';
import { EventStream } from '../../src/transports/http/stream.js';

const limits = { ...defaultLimits, messageBytes: 1_000 };

const read = (...chunks: Buffer[]): unknown[] => {
  const stream = new EventStream(limits);
  return chunks.flatMap((chunk) => stream.read(chunk));
};

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const line = fc.oneof(
  fc.constantFrom(': comment', 'id: 1', 'retry: 5', 'event: message', 'event: other', 'data', 'data:', 'nonsense', ''),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `data: ${JSON.stringify({ text })}`),
);

describe('an event stream', () => {
  it('says the same however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 20 }),
        lineEnd,
        fc.array(fc.nat(400), { maxLength: 30 }),
        fc.boolean(),
        (lines, end, cuts, mark) => {
          const bytes = Buffer.from((mark ? '\uFEFF' : '') + lines.map((one) => one + end).join(''));
          const at = [...new Set(cuts)].filter((cut) => cut < bytes.length).sort((a, b) => a - b);
          const chunks = [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
          expect(read(...chunks)).toEqual(read(bytes));
        },
      ),
    );
  });

  it('says the same whatever ends its lines', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), lineEnd, (lines, end) => {
        const text = (by: string): Buffer => Buffer.from(lines.map((one) => one + by).join(''));
        expect(read(text(end))).toEqual(read(text('\n')));
      }),
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 40 }), (chunks) => {
        read(...chunks.map((chunk) => Buffer.from(chunk)));
      }),
    );
  });

  it.each([1, 7, 4_096])('stops reading at an event of too many short lines, cut into pieces of %i lines', (cut) => {
    const stream = new EventStream(limits);
    const feed = (lines: number): void => {
      for (let left = lines; left > 0; left -= cut) stream.read(Buffer.from('data:\n'.repeat(Math.min(cut, left))));
    };
    for (let event = 0; event < 3; event += 1) {
      feed(900);
      stream.read(Buffer.from('\n'));
    }
    expect(stream.tooLarge).toBe(false);
    expect(stream.read(Buffer.from('data: {}\n\n'))).toEqual([{}]);
    feed(1_001);
    expect(stream.tooLarge).toBe(true);
  });

  it('stops reading at an event that is larger than a message may be, and holds no more', () => {
    const stream = new EventStream(limits);
    for (let i = 0; i < 100; i += 1) expect(stream.read(Buffer.from(`data: ${'x'.repeat(100)}\n`))).toEqual([]);
    expect(stream.tooLarge).toBe(true);
    expect(stream.read(Buffer.from('\n\ndata: {}\n\n'))).toEqual([]);
  });
});
