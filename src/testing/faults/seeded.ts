/** Chance that comes again: small fast counting (sfc32), from one number. */

/** Numbers from 0 to 1, 1 excluded; the same for the same seed. */
export function seeded(seed: number): () => number {
  let a = 0x9e3779b9 | 0;
  let b = Math.floor(seed) | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // Near seeds begin alike; after these they do not.
  for (let turn = 0; turn < 12; turn += 1) next();
  return next;
}
