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

/** The browser that is installed, if one is. */
export const BROWSER = NAMES.find((name) => !spawnSync(name, ['--version']).error);

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: { message: string };
}

/** A page in a real browser, spoken to by the DevTools protocol over pipes 3 and 4: no port, no library. */
export class Page {
  /** What the page threw or the browser complained of, such as what a policy forbade. */
  readonly complaints: string[] = [];
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
      for (const answer of this.waiting.values()) answer({ error: { message: 'the browser has ended' } });
    });
  }

  /** Opens an address; resolves when the browser has begun to load it. */
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

  /** The value of a JavaScript expression in the page; throws what it throws. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.call<{
      result: { value: T };
      exceptionDetails?: { exception: { description: string } };
    }>('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception.description);
    return result.value;
  }

  /** Asked, not killed: its children would go on writing into the profile for a while. */
  async close(): Promise<void> {
    const exit = once(this.browser, 'exit');
    this.session = undefined;
    this.call('Browser.close').catch(() => {}); // it may end without having answered
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
      if (level === 'error' || level === 'warning') this.complaints.push(text);
    } else if (message.method === 'Runtime.exceptionThrown') {
      this.complaints.push(JSON.stringify(message.params));
    }
  }
}
