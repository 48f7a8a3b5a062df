/** A server over stdio: one write for the answers to whatever came in one chunk. */
import { answer } from './answers.mjs';

let held = '';

process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  const lines = (held + chunk).split('\n');
  held = lines.pop();
  let answers = '';
  for (const line of lines) {
    const response = answer(JSON.parse(line));
    if (response !== null) answers += `${JSON.stringify(response)}\n`;
  }
  if (answers !== '') process.stdout.write(answers);
});
process.stdin.on('end', () => process.exit());
