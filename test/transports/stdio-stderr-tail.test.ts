import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StderrTail } from '../../src/transports/stdio/stderr-tail.js';

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

  it('shows nothing of a secret, wherever the start of the ring cuts it', () => {
    const secret = 'sentinel-0123456789';
    for (let after = 0; after < 120; after += 1) {
      const tail = new StderrTail(40, [secret, 'much-shorter']);
      tail.push(Buffer.from(`€€ ${secret}${'€'.repeat(after / 3)}${'.'.repeat(after % 3)}`));
      expect(Buffer.byteLength(tail.text)).toBeLessThanOrEqual(40);
      // What stands for it may be cut, too.
      expect(tail.text.replace(/[redact[]*\]/, '')).toMatch(/^[€ .]*$/);
    }
  });

  it('shows as much as it may, though it holds more for the sake of a secret', () => {
    const tail = new StderrTail(10, ['x'.repeat(30)]);
    for (let count = 0; count < 100; count += 1) tail.push(Buffer.from(`${String(count)},`));
    expect(tail.text).toBe('96,97,98,99,'.slice(-10));
    expect(tail.size).toBe(40);
  });
});
