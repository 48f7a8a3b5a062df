/** `${NAME}` and `${NAME:-otherwise}` in the texts of a config, as other clients and shells have them. */
import { configFailure, FailureError } from '../../protocol/failure.js';

/** Where the values of variables come from, such as `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>;

const NAME = /[A-Za-z_]\w*/y;

/**
 * In one pass: what a value contains is never looked at again, so no variable can smuggle in another.
 * Anything else in `${...}` is left as it is; it may be meant for a shell.
 *
 * @throws FailureError of kind `config`, naming the variable and the place, never a value.
 */
export function expand(text: string, place: string, variables: Variables): string {
  let expanded = '';
  let copied = 0;
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', at)) {
    NAME.lastIndex = at + 2;
    const name = NAME.exec(text)?.[0];
    const behind = NAME.lastIndex;
    at += 2;
    if (name === undefined) continue;
    const hasOtherwise = text.startsWith(':-', behind);
    const end = hasOtherwise ? text.indexOf('}', behind) : behind;
    // No other can end where this one does not.
    if (end === -1) break;
    if (text[end] !== '}') continue;
    const otherwise = hasOtherwise ? text.slice(behind + 2, end) : undefined;
    if (otherwise?.includes('${') === true) throw nested(name, place);
    expanded += text.slice(copied, at - 2) + valueOf(name, otherwise, place, variables);
    copied = at = end + 1;
  }
  return expanded + text.slice(copied);
}

function valueOf(name: string, otherwise: string | undefined, place: string, variables: Variables): string {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  // As in a shell, what is empty counts as missing here, and only here.
  if (otherwise !== undefined) return value === undefined || value === '' ? otherwise : value;
  if (value !== undefined) return value;
  throw new FailureError(
    configFailure(
      'config_variable',
      `the config needs the environment variable ${name} at ${place}, and it is not set; set it, or write \${${name}:-otherwise}`,
    ),
  );
}

const nested = (name: string, place: string): FailureError =>
  new FailureError(
    configFailure(
      'config_variable',
      `the config has a variable in what stands for ${name} at ${place}; only text can stand there: \${${name}:-text}`,
    ),
  );
