/** Opens the browser of the system. The address is one argument of a program, and never seen by a shell (CVE-2025-6514). */
import { spawn } from 'node:child_process';
import { refusal } from './failures.js';

/** How each system opens an address. On Windows not by `start`, which is a word of the shell. */
export function openerFor(platform: NodeJS.Platform, address: string): readonly [command: string, ...string[]] {
  if (platform === 'darwin') return ['open', address];
  return platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler', address] : ['xdg-open', address];
}

/** Rejects where no browser can be opened; resolves when one was, or may have been. */
export function openInBrowser(url: URL): Promise<void> {
  const address = safe(url);
  const [command, ...args] = openerFor(process.platform, address);
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      reject(noBrowser());
    };
    const child = spawn(command, args, { shell: false, stdio: 'ignore', detached: true, windowsHide: true });
    child.once('error', fail);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else fail();
    });
    child.unref();
  });
}

/** It was looked at before; what opens things opens more than addresses. */
function safe(url: URL): string {
  const { href, protocol, username, password } = url;
  const isOdd = /[^\x21-\x7e]/.test(href) || !/^https?:\/\/[^-]/.test(href);
  if (isOdd || username !== '' || password !== '' || (protocol !== 'https:' && protocol !== 'http:')) throw noBrowser();
  return href;
}

/** Without the address: it is the beginning of a login. */
export const noBrowser = (cause?: unknown): Error =>
  refusal(
    'no_browser',
    'no browser could be opened for the login: pass oauth({ openBrowser: (url) => ... }) and show the user that URL',
    cause,
  );
