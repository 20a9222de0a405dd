import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SendBudget } from '../../src/http/send-budget.js';
import { Outlet } from '../../src/stream/outlet.js';
import { releaseAtEnd } from '../harness/release.js';
import { until } from '../harness/until.js';

const KIB = 1024;
const BUDGET_BYTES = 100 * KIB;

/** Returns both ends of a response. */
async function aResponse(): Promise<[ServerResponse, IncomingMessage]> {
  const server = createServer();
  releaseAtEnd(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const asking = get({ port: (server.address() as AddressInfo).port, agent: false });
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  response.writeHead(200).flushHeaders();
  const [received] = (await once(asking, 'response')) as [IncomingMessage];
  received.on('error', () => {}).resume();
  return [response, received];
}

describe('Outlet', () => {
  let budget: SendBudget;
  let response: ServerResponse;
  let received: IncomingMessage;
  let outlet: Outlet;
  let ready: number;
  beforeEach(async () => {
    budget = new SendBudget(BUDGET_BYTES);
    [response, received] = await aResponse();
    ready = 0;
    outlet = new Outlet(response, budget, () => ready++);
  });
  afterEach(() => received.destroy());

  const isFree = () => budget.hasRoomFor(BUDGET_BYTES);

  it('reserves a page until the client has read it', async () => {
    expect(outlet.send(Buffer.alloc(64 * KIB))).toBe(true);
    expect(isFree()).toBe(false);
    await until(isFree, 'the page is read');
    await until(() => !outlet.isStalled, 'the next part can be sent');
    expect(ready).toBe(1);
  });

  it('releases its reservation when the client disconnects without having read', async () => {
    received.pause();
    // More than the buffers of the operating system hold. An empty budget has room for any part.
    expect(outlet.send(Buffer.alloc(64 * KIB * KIB))).toBe(true);
    expect(isFree()).toBe(false);
    received.destroy();
    await until(isFree, 'the budget is free');
  });

  it('sends small parts while others hold the budget', async () => {
    budget.reserve(BUDGET_BYTES);
    expect(outlet.send(Buffer.alloc(64 * KIB))).toBe(false);
    expect(ready).toBe(1);
    const { maxBytes } = outlet.partSize;
    expect(maxBytes).toBeLessThan(64 * KIB);
    for (let part = 0; part < 10; part++) {
      expect(outlet.send(Buffer.alloc(maxBytes))).toBe(true);
      await until(() => !outlet.isBlocked, 'the part is read');
    }
    budget.release(BUDGET_BYTES);
    outlet.send(Buffer.alloc(1));
    expect(outlet.partSize.targetBytes).toBe(64 * KIB);
  });

  it('waits for room for one large event, and takes what was granted', async () => {
    budget.reserve(BUDGET_BYTES);
    outlet.send(Buffer.alloc(80 * KIB));
    expect(outlet.send(Buffer.alloc(80 * KIB))).toBe(false);
    expect(outlet.isBlocked).toBe(true);
    budget.release(BUDGET_BYTES);
    expect(outlet.isBlocked).toBe(false);
    expect(outlet.partSize.maxBytes).toBe(80 * KIB);
    expect(budget.hasRoomFor(21 * KIB)).toBe(false);
    expect(outlet.send(Buffer.alloc(40 * KIB))).toBe(true);
    expect(budget.hasRoomFor(60 * KIB)).toBe(true);
    expect(budget.hasRoomFor(61 * KIB)).toBe(false);
    await until(isFree, 'the part is read');
  });

  it('no longer waits after the client has disconnected', async () => {
    budget.reserve(BUDGET_BYTES);
    outlet.send(Buffer.alloc(80 * KIB));
    outlet.send(Buffer.alloc(80 * KIB));
    received.destroy();
    await until(() => response.destroyed, 'the server notices');
    budget.release(BUDGET_BYTES);
    expect(isFree()).toBe(true);
  });
});
