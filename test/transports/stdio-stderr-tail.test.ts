import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StderrTail } from '../../src/transports/stderr-tail.js';

describe('the tail of stderr', () => {
  it('is the last bytes written, however they were written', () => {
    const chunks = fc.array(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes.map((byte) => byte % 128))),
    );
    fc.assert(
      fc.property(chunks, fc.integer({ min: 0, max: 400 }), (written, limit) => {
        const tail = new StderrTail(limit);
        for (const chunk of written) tail.push(chunk);
        const all = Buffer.concat(written);
        expect(tail.text).toBe(all.subarray(Math.max(0, all.length - limit)).toString());
        expect(tail.size).toBe(Math.min(all.length, limit));
      }),
    );
  });

  it('grows with what is written, up to its limit', () => {
    const tail = new StderrTail(64 * 1024);
    for (let count = 0; count < 10_000; count += 1) tail.push(Buffer.from(`line ${String(count).padStart(6, '0')}\n`));
    expect(tail.size).toBe(64 * 1024);
    expect(tail.text.endsWith('line 009998\nline 009999\n')).toBe(true);
  });

  it('does not begin in the middle of a character', () => {
    const tail = new StderrTail(5);
    tail.push(Buffer.from('€€'));
    expect(tail.text).toBe('€');
  });
});
