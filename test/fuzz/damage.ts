/** Streams of messages, ways to damage one, and ways to cut it: what both suites of fuzzing are made of. */
import fc from 'fast-check';

/** `FUZZ_RUNS=100` runs each property a hundred times as often. */
const factor = Number(process.env['FUZZ_RUNS'] ?? 1);

export const runs = (usual: number): { numRuns: number } => ({ numRuns: Math.round(usual * factor) });

/** Milliseconds for a property that is run more often than usual. */
export const patience = (usual: number): number => usual * Math.max(1, factor);

/** One change of the bytes. What is before `at` stays as it is. */
export type Damage =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number }
  | { readonly kind: 'end'; readonly at: number };

const at = fc.double({ min: 0, max: 1, noNaN: true });
const length = fc.integer({ min: 1, max: 40 });
/** Bytes that mean something to somebody, and any. */
const inserted = fc.oneof(
  fc
    .constantFrom(
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '\uFEFF',
      '\0',
      '}',
      '{',
      '[',
      '"',
      '\\',
      ':',
      'data:',
      'event:x\n',
      '\u2028',
    )
    .map((text) => Buffer.from(text)),
  fc
    .constantFrom('{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', 'data: {}\n\n')
    .map((text) => Buffer.from(`\n${text}\n`)),
  fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);

/** Relative places, for a stream whose length is not known yet. */
export const damages = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('cut' as const), at, length }),
    fc.record({ kind: fc.constant('insert' as const), at, bytes: inserted }),
    fc.record({ kind: fc.constant('repeat' as const), at, length }),
    fc.record({ kind: fc.constant('end' as const), at }),
  ),
  { minLength: 1, maxLength: 4 },
);

export interface Damaged {
  readonly bytes: Buffer;
  /** Up to here, nothing was changed. */
  readonly intact: number;
}

/** Splits, appends, flips and splices. */
export function damage(stream: Buffer, changes: readonly Damage[]): Damaged {
  let bytes = stream;
  let intact = stream.length;
  for (const change of changes) {
    const place = Math.floor(change.at * bytes.length);
    intact = Math.min(intact, place);
    bytes = damagedBy(bytes, change, place);
  }
  return { bytes, intact };
}

function damagedBy(bytes: Buffer, change: Damage, place: number): Buffer {
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  switch (change.kind) {
    case 'flip': {
      const flipped = Buffer.from(after);
      if (flipped.length > 0) flipped[0] = (flipped[0] ?? 0) ^ (1 << change.bit);
      return Buffer.concat([before, flipped]);
    }
    case 'cut':
      return Buffer.concat([before, after.subarray(change.length)]);
    case 'insert':
      return Buffer.concat([before, change.bytes, after]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, change.length), after]);
    case 'end':
      return before;
  }
}

/** Sizes of chunks, used over and over. */
export const sizes = fc.oneof(
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 12 }),
  fc.array(fc.integer({ min: 50, max: 2_000 }), { minLength: 1, maxLength: 4 }),
);

/** The bytes in pieces of these sizes. */
export function cut(bytes: Buffer, pieces: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let place = 0; place < bytes.length;) {
    const size = pieces[chunks.length % pieces.length] ?? bytes.length;
    chunks.push(bytes.subarray(place, place + size));
    place += size;
  }
  return chunks;
}

/** Messages with whatever may be in one, hostile keys and odd characters included, each with its number. */
export const messages = fc
  .array(
    fc.record({
      text: fc.string({ unit: 'binary', maxLength: 30 }),
      value: fc.jsonValue({ maxDepth: 3 }),
      key: fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'id', 'method', 'x'),
    }),
    { maxLength: 12 },
  )
  .map((parts) =>
    parts.map(
      ({ text, value, key }, n) =>
        `{"jsonrpc":"2.0","method":"notifications/fuzz","params":{"n":${String(n)},${JSON.stringify(key)}:${JSON.stringify(value)},"text":${JSON.stringify(text)}}}`,
    ),
  );

export const parsed = (texts: readonly string[]): unknown[] => texts.map((text) => JSON.parse(text) as unknown);

/** What every object would inherit, if something of the stream had found its way there. */
export function pollution(): string[] {
  const known = new Set(['constructor', '__proto__', '__defineGetter__', '__defineSetter__', '__lookupGetter__']);
  const names = ['hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString', 'toString', 'valueOf'];
  for (const name of [...names, '__lookupSetter__']) known.add(name);
  return Object.getOwnPropertyNames(Object.prototype).filter((name) => !known.has(name));
}
