/** Event streams that are damaged anywhere: the parser alone, and a whole client over a real socket. */
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../src/protocol/limits.js';
import { EventStream } from '../../src/transports/http/stream.js';
import { httpClient } from '../support/http-clients.js';
import { faults } from '../support/http-faults.js';
import { cut, damage, damages, messages, parsed, patience, pollution, runs, sizes } from './damage.js';

const limits = { ...defaultLimits, messageBytes: 100_000 };

const read = (chunks: readonly Buffer[], stream = new EventStream(limits)): unknown[] =>
  chunks.flatMap((chunk) => stream.read(chunk));

/** One message as an event, written in one of the ways that there are. */
const events = fc
  .tuple(
    messages,
    fc.constantFrom('\n', '\r\n', '\r'),
    fc.constantFrom('data: ', 'data:'),
    fc.array(
      fc.constantFrom(
        ': comment',
        'id: 7',
        'event: message',
        'event:message',
        'retry: 1',
        'retry: x',
        'nonsense',
        'x: y',
      ),
      { maxLength: 3 },
    ),
    fc.boolean(),
  )
  .map(([texts, end, prefix, fields, apart]) => ({
    texts,
    events: texts.map((text) => {
      // JSON may go on in the next line wherever white space may stand.
      const lines = apart ? [text.slice(0, 1), text.slice(1)] : [text];
      return [...fields, ...lines.map((line) => prefix + line), ''].map((line) => line + end).join('');
    }),
  }));

const validBefore = ({ texts, events: written }: { texts: string[]; events: string[] }, intact: number): string[] => {
  let end = 0;
  // The last byte of an event may be half of a line end, which the damage completes or does not: it counts all the same.
  return texts.filter((_, n) => (end += Buffer.byteLength(written[n] ?? '')) <= intact);
};

describe('an event stream', () => {
  it('delivers what is valid, once and in order, wherever it is cut', () => {
    fc.assert(
      fc.property(events, sizes, (given, pieces) => {
        expect(read(cut(Buffer.from(given.events.join('')), pieces))).toEqual(parsed(given.texts));
        expect(pollution()).toEqual([]);
      }),
      runs(300),
    );
  });

  it('delivers what is valid before the damage, once and in order, never throws, and says the same however it is cut', () => {
    fc.assert(
      fc.property(events, damages, sizes, (given, changes, pieces) => {
        const { bytes, intact } = damage(Buffer.from(given.events.join('')), changes);
        const [whole, inPieces] = [new EventStream(limits), new EventStream(limits)];
        const told = read([bytes], whole);
        expect(read(cut(bytes, pieces), inPieces)).toEqual(told);
        expect([inPieces.noise, inPieces.tooLarge]).toEqual([whole.noise, whole.tooLarge]);
        const valid = validBefore(given, intact);
        expect(told.slice(0, valid.length)).toEqual(parsed(valid));
        expect(pollution()).toEqual([]);
      }),
      runs(600),
    );
  });

  it('delivers no event that is larger than a message may be, and every one that is a line shorter, however it is cut', () => {
    const small = { ...defaultLimits, messageBytes: 1_000 };
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 900, max: 1_100 }), fc.integer({ min: 20, max: 300 })), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.constantFrom('x', 'ä', '€', '𝄞'),
        sizes,
        (lengths, character, pieces) => {
          const texts = lengths.map((length) =>
            JSON.stringify({ x: character.repeat(Math.floor((length - 8) / Buffer.byteLength(character))) }),
          );
          const bytes = Buffer.from(texts.map((text) => `data: ${text}\n\n`).join(''));
          const told = read(cut(bytes, pieces), new EventStream(small));
          const tooLarge = texts.findIndex((text) => Buffer.byteLength(text) > 1_000);
          const near = texts.findIndex((text) => Buffer.byteLength(text) > 1_000 - 'data: \n'.length);
          expect(told.length).toBeLessThanOrEqual(tooLarge === -1 ? texts.length : tooLarge);
          expect(told.length).toBeGreaterThanOrEqual(near === -1 ? texts.length : near);
          expect(told).toEqual(parsed(texts.slice(0, told.length)));
        },
      ),
      runs(300),
    );
  });

  it('takes a chunk of lines that are no fields for less than the bare parser, which makes a stack for each', () => {
    const chunk = 'x\n'.repeat(32_768);
    const least = (work: () => void): number => {
      let time = Infinity;
      for (let round = 0; round < 5; round += 1) {
        const begun = performance.now();
        work();
        time = Math.min(time, performance.now() - begun);
      }
      return time;
    };
    const ours = least(() => new EventStream(limits).read(Buffer.from(chunk)));
    const bare = least(() => {
      createParser({ onError: () => undefined }).feed(chunk);
    });
    // An eighth, where the machine is free.
    expect(ours).toBeLessThan(bare);
  });
});

describe('a client whose event streams are damaged', () => {
  it(
    'tells what is valid before the damage, once and in order, answers each call, and goes on',
    async () => {
      const told: unknown[] = [];
      const { client, server } = await httpClient({}, { messageHandler: (notification) => told.push(notification) });
      const lease = await client.connect();
      // What broke off and had an id is asked for again, after as short a time as a server can ask for.
      server.always('GET', faults.status(405));
      await fc.assert(
        fc.asyncProperty(events, damages, sizes, fc.boolean(), async (given, changes, pieces, answered) => {
          const { bytes, intact } = damage(Buffer.from(given.events.join('')), changes);
          told.length = 0;
          server.next('tools/call', ({ response, message }) => {
            response.writeHead(200, { 'content-type': 'text/event-stream' });
            response.write('retry: 0\n\n');
            for (const chunk of cut(
              bytes,
              pieces.map((size) => size * 20),
            ))
              response.write(chunk);
            const answer = JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { content: [] } });
            response.end(answered ? `\n\n\ndata: ${answer}\n\n` : '');
          });
          const call = await lease.callTool('x', {}, { timeout: 10_000 }).then(
            () => 'answered',
            (error: unknown) => (error as Error).name,
          );
          expect(call).toBe(answered ? 'answered' : 'ConnectionError');
          const valid = validBefore(given, intact);
          const expected = (parsed(valid) as { method: string; params: object }[]).map(({ method, params }) => ({
            method,
            params,
          }));
          expect(told.slice(0, valid.length)).toEqual(expected);
          expect(client.generation).toBe(1);
          expect(client.inFlight).toEqual([]);
          expect(pollution()).toEqual([]);
        }),
        runs(100),
      );
    },
    patience(30_000),
  );
});
