import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../src/protocol/json-rpc.js';
import { HeldBytes } from '../../src/transports/held-bytes.js';
import { JsonLines, toLines } from '../../src/transports/stdio/json-lines.js';
import { LineFramer } from '../../src/transports/stdio/line-framer.js';

const limits = { messageBytes: 1_000_000, depth: 128 };

/** The bytes in pieces of the given sizes, over and over. */
function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const read = (bytes: Buffer, sizes: readonly number[] = [bytes.length], lines = new JsonLines(limits)): unknown[] => [
  ...[...cut(bytes, sizes)].flatMap((chunk) => lines.read(chunk)),
  ...lines.end(),
];

const text = fc.string({ unit: 'binary', maxLength: 40 });
const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });

describe('framing', () => {
  it('gives back every message, whatever the text and wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ id: fc.integer(), text })),
        sizes,
        fc.constantFrom('\n', '\r\n'),
        (messages, pieces, newline) => {
          const bytes = Buffer.from(messages.map((message) => JSON.stringify(message) + newline).join(''));
          // What JSON writes may differ from what it was given (-0), so the comparison is with what it reads.
          expect(read(bytes, pieces)).toEqual(
            messages.map((message) => JSON.parse(JSON.stringify(message)) as unknown),
          );
        },
      ),
    );
  });

  it('gives the same lines for any bytes, however they are cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), sizes, (raw, pieces) => {
        const bytes = Buffer.from(raw.map((byte) => (byte % 7 === 0 ? 0x0a : byte)));
        const framer = new LineFramer(1_000);
        const lines = [...[...cut(bytes, pieces)].flatMap((chunk) => framer.push(chunk)), ...framer.end()];
        const expected = bytes
          .toString('utf8')
          .replace(/^\uFEFF/, '')
          .split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(lines).toEqual(expected);
        expect(framer.scanned).toBe(bytes.length);
      }),
    );
  });

  it('looks at each byte once while a line of 9 MB drips in', () => {
    const framer = new LineFramer(10 * 1024 * 1024);
    const drip = Buffer.alloc(4_096, 'x');
    let pushed = 0;
    for (; pushed < 9_000_000; pushed += drip.length) expect(framer.push(drip)).toHaveLength(0);
    const [line] = framer.push(Buffer.from('\n'));
    expect(line).toHaveLength(pushed);
    expect(framer.scanned).toBe(pushed + 1);
  });

  it('takes a message byte by byte, characters of four bytes included', () => {
    const message = { jsonrpc: '2.0', id: 1, result: { text: 'ä€𝄞👩‍👩‍👧' } };
    expect(read(Buffer.from(`${JSON.stringify(message)}\n`), [1])).toEqual([message]);
  });

  it('strips one byte order mark, before the first message only', () => {
    const lines = new JsonLines(limits);
    expect(read(Buffer.from('\uFEFF{"id":1}\n\uFEFF{"id":2}\n{"id":3}\n'), [1], lines)).toEqual([{ id: 1 }, { id: 3 }]);
    expect(lines.noise).toBe(1);
  });

  it('ignores blank lines, and counts what is no message', () => {
    const lines = new JsonLines(limits);
    const bytes = Buffer.from('\n\r\n  \nServer ready!\n{ port: 1 }\nnull\n42\n"hi"\n {"id":1} \n[]\n{"id":2\n');
    expect(read(bytes, [7], lines)).toEqual([{ id: 1 }]);
    expect(lines.noise).toBe(6);
  });

  it('counts every line as effort, and a line that only looked like a message as many', () => {
    const effort = (line: string): number => {
      const lines = new JsonLines(limits);
      lines.read(Buffer.from(line.repeat(100)));
      return lines.effort;
    };
    for (const line of ['{"id":1}\n', 'Server ready!\n', '{\n', '[ \n', '{]\n', '\n']) expect(effort(line)).toBe(100);
    expect(effort('[{},{},{}]\n')).toBe(400);
    expect(effort('{ port: 1 }\n')).toBeGreaterThan(1_000);
    expect(effort('[info] ready [ok]\n')).toBeGreaterThan(1_000);
  });

  it('takes a message whatever white space surrounds it', () => {
    expect(read(Buffer.from(' \t{"id":1} \t\r\n'))).toEqual([{ id: 1 }]);
  });

  it('hands on the members of a batch one by one', () => {
    expect(read(Buffer.from('[{"id":1},{"id":2},null]\n{"id":3}\n'))).toEqual([{ id: 1 }, { id: 2 }, null, { id: 3 }]);
  });

  it('hands on a message that is nested too deep as malformed, with its id', () => {
    const bomb = `{"jsonrpc":"2.0","id":7,"result":${'['.repeat(200_000)}${']'.repeat(200_000)}}\n`;
    const [message] = read(Buffer.from(bomb), [65_536]);
    expect(message).toBeInstanceOf(Malformed);
    expect(message).toMatchObject({ id: 7 });
  });

  it('takes a last message that lacks only its newline, and drops one that was cut', () => {
    expect(read(Buffer.from('{"id":1}\n{"id":2}'))).toEqual([{ id: 1 }, { id: 2 }]);
    expect(read(Buffer.from('{"id":1}\n{"id":2'))).toEqual([{ id: 1 }]);
  });

  it('stops at a line that is too long, after the messages before it, and holds nothing of it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (pieces) => {
        const framer = new LineFramer(100);
        const before = 'a'.repeat(100);
        const bytes = Buffer.from(`${before}\n${before}\n${'b'.repeat(101)}\nc\n`);
        const lines: string[] = [];
        for (const chunk of cut(bytes, pieces)) {
          lines.push(...framer.push(chunk));
          expect(framer.held).toBeLessThanOrEqual(100);
        }
        expect(lines).toEqual([before, before]);
        expect(framer.overflowed).toBe(true);
        expect(framer.held).toBe(0);
        expect(framer.push(Buffer.from('d\n'))).toEqual([]);
      }),
    );
  });

  it('counts bytes, not characters, against the limit', () => {
    const framer = new LineFramer(100);
    expect(framer.push(Buffer.from(`${'€'.repeat(33)}\n`))).toHaveLength(1);
    framer.push(Buffer.from(`x\n${'€'.repeat(34)}\n`));
    expect(framer.overflowed).toBe(true);
  });
});

describe('what is sent', () => {
  it('has line and paragraph separators as escapes, so that nobody splits a message at them', () => {
    const message = { jsonrpc: '2.0', method: 'notifications/x', params: { '\u2028': 'a\u2028b\u2029c' } } as const;
    const { text: sent } = toLines([message]);
    expect(sent).toContain('"\\u2028":"a\\u2028b\\u2029c"');
    expect(sent).not.toMatch(/[\u2028\u2029]/);
    expect(JSON.parse(sent)).toEqual(message);
  });
});

describe('the bytes of a line that has begun', () => {
  it('come back whole, whatever the sizes they came in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 }), (lengths) => {
        const held = new HeldBytes();
        const chunks = lengths.map((length, at) => Buffer.alloc(length, at));
        for (const chunk of chunks) held.push(chunk);
        expect(held.size).toBe(Buffer.concat(chunks).length);
        expect(held.take().equals(Buffer.concat(chunks))).toBe(true);
        expect(held.size).toBe(0);
        held.push(Buffer.from('next'));
        expect(held.take().toString()).toBe('next');
      }),
    );
  });

  it('do not cost a hundred times their size when they drip in one by one', () => {
    const held = new HeldBytes();
    const before = process.memoryUsage();
    for (let count = 0; count < 2_000_000; count += 1) held.push(Buffer.from([count & 0xff]));
    globalThis.gc?.();
    const after = process.memoryUsage();
    expect(held.size).toBe(2_000_000);
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(64 * 1024 * 1024);
  });
});
