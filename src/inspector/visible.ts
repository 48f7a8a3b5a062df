/**
 * Text of a file on a terminal: what steers it (control characters, directions of writing, characters of
 * no width) is shown and not obeyed.
 */
export const visible = (text: string): string =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
