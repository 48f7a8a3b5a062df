import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../src/transports/auth/challenge.js';

describe('a challenge', () => {
  it.each([
    ['Bearer scope="a b", resource_metadata=https://x/y', 'https://x/y', ['a', 'b']],
    ['Basic realm="Bearer scope=\\"no\\"", Bearer , scope = a', null, ['a']],
    ['DPoP scope="no", bearer error="x"  ,scope="a"', null, ['a']],
    ['Bearer scope="a", scope="b", SCOPE="c"', null, ['a']],
    ['Bearer scope="a\\"b c"', null, ['c']],
    ['Bearer scope="unfinished, resource_metadata="https://x"', null, ['unfinished,', 'resource_metadata=']],
    ['Basic (x) scope="no"', null, []],
    [null, null, []],
  ])('%s is read', (header, resourceMetadata, scopes) => {
    expect(factsOf(header)).toMatchObject({ resourceMetadata, scopes });
  });

  it.each(['a', ' ', 'a="\\', 'a = "\\"', 'a ', '(', '"', ',', 'a=('])(
    'of %j, again and again, costs no time',
    (part) => {
      const header = `Bearer ${part.repeat(16_000 / part.length)}(`;
      const before = performance.now();
      factsOf(header);
      // Quadratic, it was seconds.
      expect(performance.now() - before).toBeLessThan(500);
    },
  );
});
