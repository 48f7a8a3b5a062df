/** Servers that write more than anybody asked for. */
import { describe, expect, it } from 'vitest';
import { causeOfLoss, isRunning, lineServer, names, request, serve, stall } from './stdio-harness.js';

describe('a flood', () => {
  it('of 200,000 notifications does not keep the answer behind it, nor hold the loop', async () => {
    let thisTurn = 0;
    let most = 0;
    const server = serve(
      lineServer(`
        const notes = '{"jsonrpc":"2.0","method":"notifications/again"}\\n'.repeat(1000);
        for (let count = 0; count < 200; count += 1) process.stdout.write(notes);
        say({ jsonrpc: '2.0', id: message.id, result: {} });
      `),
      {
        during: (told) => {
          if (told.what !== 'received') return;
          thisTurn += told.messages.length;
          most = Math.max(most, thisTurn);
          // So that the pipe is always full.
          stall(5);
        },
      },
    );
    await server.opened();
    let turning = true;
    const turn = (): void => {
      thisTurn = 0;
      if (turning) setImmediate(turn);
    };
    turn();
    server.link.send([request(1)]);
    await server.received(200_001);
    turning = false;
    expect(server.messages.at(-1)).toMatchObject({ id: 1 });
    // One chunk of 64 KiB is over 1,300 of them; a second may have been read before the pause.
    expect(most).toBeLessThan(3_000);
  });

  it('of noise costs little and counts for nothing', async () => {
    const server = serve(
      lineServer(`
      for (let count = 0; count < 200; count += 1) process.stdout.write('debug: nothing to see here, move along\\n'.repeat(1000));
      say({ jsonrpc: '2.0', id: message.id, result: {} });
    `),
    );
    await server.opened();
    server.link.send([request(1)]);
    expect(await server.received(1)).toMatchObject([{ id: 1 }]);
  });

  it.each([
    ['opens a brace', '{\n', 5_000_000],
    ['is an object, but not of JSON', '{ x }\n', 500_000],
  ])('of noise that %s does not hold the loop', async (_, line, count) => {
    const server = serve(
      lineServer(`
      const lines = ${JSON.stringify(line)}.repeat(${String(count / 100)});
      for (let count = 0; count < 100; count += 1) process.stdout.write(lines);
      say({ jsonrpc: '2.0', id: message.id, result: {} });
    `),
    );
    await server.opened();
    let turns = 0;
    let longest = 0;
    let last = performance.now();
    let turning = true;
    const turn = (): void => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      turns += 1;
      if (turning) setImmediate(turn);
    };
    turn();
    server.link.send([request(1)]);
    expect(await server.received(1)).toMatchObject([{ id: 1 }]);
    turning = false;
    // A turn for each chunk of the pipe, of 64 KiB or somewhat more; unasked, Node reads 32 of them.
    expect(turns).toBeGreaterThan((line.length * count) / (4 * 65_536));
    expect(longest).toBeLessThan(1_000);
  });

  it('on stderr is read to its end, and only the tail of it is kept', async () => {
    const server = serve(
      lineServer(`
      const filler = 'x'.repeat(1023) + '\\n';
      for (let count = 0; count < 60; count += 1) process.stderr.write(filler.repeat(1024));
      process.stderr.write('that was 60 MB\\n', () => {
        say({ jsonrpc: '2.0', id: message.id, result: {} });
        process.stdin.destroy();
      });
    `),
      { limits: { stderrBytes: 1_000 } },
    );
    await server.opened();
    server.link.send([request(1)]);
    expect(await server.received(1)).toMatchObject([{ id: 1 }]);
    const { stderr } = causeOfLoss(await server.lost());
    expect(Buffer.byteLength(stderr)).toBe(1_000);
    expect(stderr.endsWith('that was 60 MB\n')).toBe(true);
  });

  it('in the form of one line of 9 MB, dripping in, is one message', async () => {
    const server = serve(
      lineServer(`
      const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { text: 'x'.repeat(9000000) } }) + '\\n');
      let at = 0;
      const drip = () => {
        if (at >= bytes.length) return;
        process.stdout.write(bytes.subarray(at, at + 4096), drip);
        at += 4096;
      };
      drip();
    `),
    );
    await server.opened();
    server.link.send([request(1)]);
    const [answer] = await server.received(1);
    expect((answer as { result: { text: string } }).result.text).toHaveLength(9_000_000);
  });

  it('that never ends a line is cut off at the limit, and what is held of it is dropped', async () => {
    const server = serve(`
      const block = 'x'.repeat(65536);
      const write = () => process.stdout.write(block, write);
      write();
    `);
    expect(await server.lost()).toMatchObject({ code: 'message_too_large' });
    server.link.close(300);
    await server.ended();
    expect(isRunning(server.pid)).toBe(false);
    expect(names(server.log)).toEqual(['opened', 'lost', 'ended']);
  });
});
