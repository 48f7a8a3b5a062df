/** A process that has nothing but a token file, and maybe a session: `second.ts URL FILE [RESUMPTION]`. */
import { Client, fileStore, oauth, type Resumption } from '../../src/index.js';

export interface Report {
  readonly said: string;
  /** How often a browser was asked for. */
  readonly opened: number;
  readonly path: readonly string[];
  readonly sessionId: string | null;
}

const [url = '', file = '', session] = process.argv.slice(2);
let opened = 0;
const auth = oauth({
  store: fileStore(file),
  openBrowser: () => {
    opened += 1;
    throw new Error('there is nobody at a browser here');
  },
});
const resume = session === undefined ? {} : { resume: JSON.parse(session) as Resumption };
const client = new Client(url, { auth, ...resume });
const path = [client.getSnapshot().path];
void (async () => {
  for await (const { to } of client.transitions()) path.push(to);
})();
const report = await client.use(async (lease): Promise<Report> => {
  const { content } = await lease.callTool('whoami');
  const [said] = content;
  return { said: said?.type === 'text' ? said.text : '', opened, path: [...path], sessionId: client.sessionId };
});
console.log(JSON.stringify(report));
