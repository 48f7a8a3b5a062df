import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../src/protocol/limits.js';
import { speakable, StreamPosition } from '../../src/transports/http/position.js';
import { ToldEvents } from '../../src/transports/http/told.js';
import { EventStream } from '../../src/transports/http/stream.js';

const read = (position: StreamPosition, ...chunks: (string | Buffer)[]): unknown[] => {
  const stream = new EventStream(defaultLimits, undefined, position);
  return chunks.flatMap((chunk) => stream.read(Buffer.from(chunk)));
};

const after = (...chunks: (string | Buffer)[]): string | null => {
  const position = new StreamPosition();
  read(position, ...chunks);
  return position.lastEventId;
};

const event = (id: string, data: unknown): string => `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

describe('the id of the last event', () => {
  it('is that of the last event that was read as a whole, with data or without', () => {
    expect(after()).toBeNull();
    expect(after('data: 1\n\n')).toBeNull();
    expect(after('id: 1\n')).toBeNull();
    expect(after('id: 1\n\n')).toBe('1');
    expect(after('id: 1\ndata:\n\n')).toBe('1');
    expect(after('id:1\n\ndata: 1\n\n: comment\n\nid: 2\ndata: 1\n')).toBe('1');
    expect(after('id: 1\nid: 2\n\n')).toBe('2');
    expect(after('\uFEFFid: 1\n\n')).toBe('1');
  });

  it('is taken back by one that is empty, that is too long, or that no header can hold; one with NUL is ignored', () => {
    for (const id of ['id', 'id:', 'id: ', `id: ${'x'.repeat(4_097)}`, 'id: a\u0007', 'id:  a', 'id: a ']) {
      expect(after(`id: 1\n\n${id}\n\n`)).toBeNull();
    }
    expect(after('id: 1\n\nid: a\0b\n\n')).toBe('1');
    expect(after(`id: ${'x'.repeat(4_096)}\n\n`)).toHaveLength(4_096);
  });

  it('is no line that only begins like one', () => {
    expect(after('ids: 1\n\n')).toBeNull();
    expect(after('i\n\n')).toBeNull();
    expect(after(' id: 1\n\n')).toBeNull();
    expect(after('Id: 1\n\n')).toBeNull();
    expect(after('data: id: 1\n\n')).toBeNull();
    expect(after('idle\n\n')).toBeNull();
  });

  it('is the same however the stream is cut, and whatever ends its lines', () => {
    const line = fc.constantFrom(
      'id: 1',
      'id: ü',
      'id',
      'i',
      'id:',
      'data: 1',
      ': id: 3',
      'identity: 4',
      '',
      'id: a\0b',
      'x',
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(100), { maxLength: 20 }),
        (lines, end, cuts) => {
          const bytes = Buffer.from(lines.map((one) => one + end).join(''));
          const at = [...new Set(cuts)].filter((cut) => cut < bytes.length).sort((a, b) => a - b);
          const chunks = [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
          const whole = after(lines.map((one) => `${one}\n`).join(''));
          expect(after(...chunks)).toBe(whole);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is said in UTF-8, as far as a header can say it', () => {
    expect(speakable('a b')).toBe('a b');
    expect(Buffer.from(speakable('ü🙂') ?? '', 'latin1').toString()).toBe('ü🙂');
    for (const id of ['', ' ', 'a ', '\ta', 'a\nb', 'a\rb', 'a\0b', '\x7f']) expect(speakable(id)).toBeNull();
  });
});

describe('an event that comes again', () => {
  it('is dropped on a later connection, and on the same one it shows that the ids are no names', () => {
    const position = new StreamPosition();
    expect(read(position, event('1', 'a'), event('2', 'b'))).toEqual(['a', 'b']);
    expect(read(position, event('1', 'a'), event('2', 'b'), event('3', 'c'))).toEqual(['c']);
    expect(read(position, event('3', 'c'), event('4', 'd'), 'data: "e"\n\n')).toEqual(['d', 'e']);
    expect(read(position, event('5', 'f') + event('5', 'g'))).toEqual(['f', 'g']);
    expect(read(position, event('5', 'h'))).toEqual(['h']);
  });

  it('on another stream of the session is dropped, if that was asked for from an event on', () => {
    const told = new ToldEvents();
    const [one, other] = [new StreamPosition(null, told), new StreamPosition(null, told)];
    const note = (n: number): object => ({ method: 'n', params: { n } });
    const answer = { id: 1, result: {} };
    expect(read(one, event('a', note(1)), event('b', note(2)), event('r', answer))).toEqual([note(1), note(2), answer]);
    expect(read(other, event('c', note(3)))).toEqual([note(3)]);
    expect(read(other, event('a', note(1)), event('d', note(4)))).toEqual([note(4)]);
    expect(read(one, event('d', note(4)), event('e', note(5)))).toEqual([note(5)]);
    // An answer is told once more rather than not at all.
    expect(read(other, event('r', answer))).toEqual([answer]);
  });

  it('is told where each stream counts anew', () => {
    const told = new ToldEvents();
    const [one, other, third] = [1, 2, 3].map(() => new StreamPosition(null, told));
    if (one === undefined || other === undefined || third === undefined) throw new Error('unreachable');
    expect(read(one, event('1', 'a'), event('2', 'b'), event('3', 'c'))).toEqual(['a', 'b', 'c']);
    const d = { method: 'd' };
    expect(read(other, event('1', d))).toEqual([d]);
    expect(read(other, event('2', d), event('3', d))).toEqual([d, d]);
    expect(read(third, event('1', d))).toEqual([d]);
    expect(read(other, event('3', d), event('4', 'h'))).toEqual(['h']);
  });

  it('of an id that another event had is told: the server counts anew on each connection', () => {
    const position = new StreamPosition();
    const [ping, other] = [
      { id: 'one', method: 'ping' },
      { id: 'two', method: 'ping' },
    ];
    expect(read(position, event('1', ping))).toEqual([ping]);
    expect(read(position, event('1', other))).toEqual([other]);
    expect(read(position, event('1', other))).toEqual([]);
    // An answer is told once more rather than not at all.
    const answer = { id: 1, result: {} };
    expect(read(position, event('2', answer))).toEqual([answer]);
    expect(read(position, event('2', answer))).toEqual([answer]);
  });

  it('is known for a thousand others', () => {
    const position = new StreamPosition();
    const many = Array.from({ length: 1_100 }, (_, n) => event(`n${String(n)}`, n)).join('');
    expect(read(position, many)).toHaveLength(1_100);
    expect(read(position, event('n1099', 1_099), event('n76', 76))).toEqual([]);
    expect(read(position, event('n75', 75))).toEqual([75]);
  });
});
