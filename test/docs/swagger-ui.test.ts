import { BROWSER, Page } from '../harness/browser.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const inBrowser = BROWSER ? describe : describe.skip;
if (!BROWSER) console.warn('NOT TESTED: the examples in Swagger UI. No browser is installed.');

inBrowser('Swagger UI', () => {
  let service: Service;
  let page: Page;

  beforeAll(async () => {
    service = await Service.start();
    page = await Page.open(`${service.url}/docs`);
    await until(
      () => page.evaluate('document.querySelectorAll(".opblock").length >= 11'),
      'the page is loaded',
    );
  });
  afterAll(() => page.close());

  /** Opens an operation. Resolves when its form is shown. */
  async function open(operation: string, input: string): Promise<string> {
    const block = `#operations-${operation}`;
    await page.evaluate(`document.querySelector('${block} .opblock-summary-control').click()`);
    await until(
      () => page.evaluate(`document.querySelector('${block} ${input}') !== null`),
      'the form is shown',
    );
    return block;
  }

  /**
   * Sends the form and returns the status and the body that the page shows. Clicks until then: Swagger UI ignores a
   * click while the operation is being resolved, and disables the button while the request is in flight.
   */
  async function execute(block: string): Promise<{ status: string; body: string }> {
    const status = `${block} .live-responses-table .response .response-col_status`;
    const isShown = `document.querySelector('${status}') !== null`;
    const click = `document.querySelector('${block} .execute').click()`;
    await until(() => page.evaluate(`${isShown} || (${click}, false)`), 'a status is shown');
    return page.evaluate(`({
      status: document.querySelector('${status}').textContent.trim(),
      body: document.querySelector('${block} .live-responses-table .response .microlight, ${block} .live-responses-table .response code').textContent,
    })`);
  }

  /** Selects an option and dispatches the event that React handles. */
  async function select(selector: string, value: string): Promise<void> {
    await page.evaluate(`{
      const element = document.querySelector('${selector}');
      element.value = '${value}';
      element.dispatchEvent(new Event('change', { bubbles: true }));
    }`);
  }

  it('shows no padlock and no Authorize button on a service without API keys', async () => {
    expect(await page.evaluate('document.querySelectorAll(".authorize, .authorization__btn").length')).toBe(
      0,
    );
  });

  it('publishes the NDJSON example as lines', async () => {
    const block = await open('publish-publish', 'textarea');
    await select(`${block} .opblock-section-request-body .content-type`, 'application/x-ndjson');
    const text = () => page.evaluate<string>(`document.querySelector('${block} textarea').value`);
    await until(async () => !(await text()).startsWith('{\n'), 'the editor shows NDJSON');
    const lines = (await text()).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { event_id: string }).event_id)).toEqual([
      'order-2001',
      'order-2002',
      'order-2003',
    ]);
    const { status, body } = await execute(block);
    expect(status).toBe('200');
    expect(JSON.parse(body)).toMatchObject({ received: 3, stored: 3, rejected: 0 });
  });

  it('shows the published events', async () => {
    const { status, body } = await execute(await open('events-listEvents', '.execute'));
    expect(status).toBe('200');
    expect(JSON.parse(body)).toMatchObject({ topic: 'orders', count: 3 });
  });

  it('shows a curl command for the stream, which it cannot display', async () => {
    const block = await open('events-streamEvents', '.opblock-description');
    expect(
      await page.evaluate(`document.querySelector('${block} .opblock-description').textContent`),
    ).toContain("curl -N 'http://localhost:8080/events/stream?topic=orders&after=0'");
  });

  it('logs no error and loads nothing from other origins', () => {
    expect(page.errors).toEqual([]);
  });
});
