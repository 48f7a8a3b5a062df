/** Somebody at a browser: Chromium, and hands that fill in what the authorization server asks. */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';

/** Null where there is none: the set-up has said so. */
const program = inject('chromium');
export const hasBrowser = program !== null;

/** What they do when they are asked whether the client may. */
export type Decision = 'consents' | 'denies';

/** One person, with cookies of their own. */
export interface Person {
  /** As `openBrowser` takes it: returns when the page is there, and the rest is done beside it. */
  readonly open: (url: URL) => Promise<void>;
  /** The logins that were shown. */
  readonly opened: readonly URL[];
  /** What the last page said, when they were done. */
  readonly read: () => Promise<string>;
  /** They have thought again. */
  readonly decides: (decision: Decision) => void;
}

/** One Chromium for a file; each person in a context of their own. */
export function browsers(): { person: (name: string, decision?: Decision) => Promise<Person> } {
  let browser: Browser | null = null;
  beforeAll(async () => {
    if (program === null) return;
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ];
    browser = await chromium.launch({ executablePath: program, headless: true, args });
  });
  afterAll(async () => {
    await browser?.close();
  });
  return {
    person: async (name, decision = 'consents') => {
      if (browser === null) throw new Error('there is no Chromium');
      const context = await browser.newContext();
      onTestFinished(() => context.close());
      return new Somebody(context, name, decision);
    },
  };
}

class Somebody implements Person {
  readonly opened: URL[] = [];
  #read: Promise<string> = Promise.resolve('');

  constructor(
    private readonly context: BrowserContext,
    private readonly name: string,
    private decision: Decision,
  ) {}

  readonly open = async (url: URL): Promise<void> => {
    this.opened.push(url);
    const page = await this.context.newPage();
    await page.goto(url.href);
    this.#read = this.#go(page);
    // Whoever reads it is told; who does not is not bothered.
    this.#read.catch(() => undefined);
  };

  readonly read = (): Promise<string> => this.#read;

  readonly decides = (decision: Decision): void => {
    this.decision = decision;
  };

  /** From page to page, until one asks nothing: a login is not asked of who has logged in before. */
  async #go(page: Page): Promise<string> {
    for (;;) {
      const asked = page.locator('input[name=prompt]');
      const prompt = (await asked.count()) === 0 ? null : await asked.getAttribute('value');
      if (prompt === null) return page.locator('body').innerText();
      if (prompt === 'login') {
        await page.fill('input[name=login]', this.name);
        await page.fill('input[name=password]', 'whatever');
      }
      const next = prompt === 'consent' && this.decision === 'denies' ? 'a[href$="/abort"]' : 'button[type=submit]';
      const left = page.waitForEvent('framenavigated');
      await page.click(next);
      await left;
      await page.waitForLoadState();
    }
  }
}
