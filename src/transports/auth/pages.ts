/** What a browser shows that was sent back to us. Nothing that came with it is shown as anything but text. */
import type { ServerResponse } from 'node:http';

export interface Page {
  readonly status: 200 | 400 | 404 | 405 | 409;
  readonly title: string;
  readonly text: string;
}

export const pages = {
  done: { status: 200, title: 'Logged in', text: 'You can close this window and go back to where you came from.' },
  notHere: { status: 404, title: 'Not here', text: 'There is nothing here.' },
  notThisWay: { status: 405, title: 'Not this way', text: 'This page is opened by a browser, and by nothing else.' },
  unknown: { status: 400, title: 'Not this login', text: 'This is not the answer to the login that is waited for.' },
  tooLate: {
    status: 409,
    title: 'Over already',
    text: 'This login has been answered already. You can close this window.',
  },
  mistaken: {
    status: 400,
    title: 'Not believed',
    text: 'The answer is not from whom it should be. Nothing was taken from it.',
  },
} as const satisfies Record<string, Page>;

export const denied = (error: string, description: string | null): Page => ({
  status: 400,
  title: 'Not logged in',
  text: `The authorization server says: ${error}${description === null ? '' : ` (${description})`}`,
});

const LENGTH = 500;

export function show(response: ServerResponse, { status, title, text }: Page): void {
  const shown = escaped(text.slice(0, LENGTH));
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cache-Control': 'no-store',
    // The address of the page holds the code.
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  });
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${shown}</p></html>\n`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
