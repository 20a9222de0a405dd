import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-pipe',
];

/** Command of the installed browser; undefined if there is none. */
export const BROWSER = NAMES.find((name) => !spawnSync(name, ['--version']).error);

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: { message: string };
}

/** A page in a real browser, controlled by the DevTools protocol over pipes 3 and 4, without a port or a library. */
export class Page {
  /** Uncaught exceptions of the page, and errors and warnings of the browser, such as a violated policy. */
  readonly errors: string[] = [];
  private readonly waiting = new Map<number, (message: Message) => void>();
  private sent = 0;
  private session: string | undefined;
  private rest = '';

  private constructor(
    private readonly browser: ChildProcess,
    private readonly profile: string,
  ) {
    (browser.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const messages = (this.rest + text).split('\0');
      this.rest = messages.pop()!;
      for (const message of messages) this.take(JSON.parse(message) as Message);
    });
    browser.on('exit', () => {
      for (const settle of this.waiting.values()) settle({ error: { message: 'the browser has ended' } });
    });
  }

  /** Opens a URL. Resolves when navigation has started. */
  static async open(url: string): Promise<Page> {
    const profile = mkdtempSync(join(tmpdir(), 'browser-'));
    const browser = spawn(BROWSER!, [...ARGUMENTS, `--user-data-dir=${profile}`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    const page = new Page(browser, profile);
    const { targetId } = await page.call<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const attached = await page.call<{ sessionId: string }>('Target.attachToTarget', {
      targetId,
      flatten: true,
    });
    page.session = attached.sessionId;
    for (const domain of ['Log', 'Runtime', 'Page']) await page.call(`${domain}.enable`);
    await page.call('Page.navigate', { url });
    return page;
  }

  /** Evaluates a JavaScript expression in the page and returns its value. Rejects with the exception that it throws. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.call<{
      result: { value: T };
      exceptionDetails?: { exception: { description: string } };
    }>('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception.description);
    return result.value;
  }

  /** Closes the browser with a command. After a kill, its child processes would still write into the profile. */
  async close(): Promise<void> {
    const exit = once(this.browser, 'exit');
    this.session = undefined;
    this.call('Browser.close').catch(() => {}); // The browser may exit without a response.
    await exit;
    rmSync(this.profile, { recursive: true, force: true });
  }

  private call<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.sent;
    const pipe = this.browser.stdio[3] as Writable;
    pipe.write(`${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result as T),
      );
    });
  }

  private take(message: Message): void {
    if (message.id !== undefined) {
      this.waiting.get(message.id)?.(message);
      this.waiting.delete(message.id);
    } else if (message.method === 'Log.entryAdded') {
      const { level, text } = message.params!['entry'] as { level: string; text: string };
      if (level === 'error' || level === 'warning') this.errors.push(text);
    } else if (message.method === 'Runtime.exceptionThrown') {
      this.errors.push(JSON.stringify(message.params));
    }
  }
}
