import { jest } from '@jest/globals';
import { SendBudget } from '../../src/http/send-budget.js';

describe('a send budget', () => {
  it('has room until its bytes are reserved, and again after they are released', () => {
    const budget = new SendBudget(100);
    expect([budget.reserve(60), budget.reserve(41), budget.reserve(40), budget.reserve(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    budget.release(40);
    expect([budget.hasRoom(41), budget.hasRoom(40)]).toEqual([false, true]);
  });

  it('has room for any part while it is empty', () => {
    const budget = new SendBudget(100);
    expect([budget.reserve(1_000), budget.reserve(1)]).toEqual([true, false]);
    budget.release(1_000);
    expect(budget.reserve(100)).toBe(true);
  });

  it('serves waiting callers in order, even if a later one would fit', () => {
    const budget = new SendBudget(100);
    const served: string[] = [];
    budget.reserve(80);
    budget.reserveWhenFree(50, () => served.push('large'));
    budget.reserveWhenFree(10, () => served.push('small'));
    expect(served).toEqual([]);
    budget.release(80);
    expect(served).toEqual(['large', 'small']);
    expect([budget.hasRoom(41), budget.hasRoom(40)]).toEqual([false, true]);
  });

  it('reserves nothing for a caller that no longer waits', () => {
    const budget = new SendBudget(100);
    const served: string[] = [];
    budget.reserve(100);
    const cancel = budget.reserveWhenFree(100, () => served.push('cancelled'));
    cancel();
    budget.release(100);
    expect(served).toEqual([]);
    expect(budget.reserve(100)).toBe(true);
  });

  it('resolves when the bytes are reserved, and rejects if the signal aborts before', async () => {
    const budget = new SendBudget(100);
    const stopped = new AbortController();
    await budget.reserved(100, stopped.signal);
    const first = budget.reserved(100, stopped.signal);
    const second = budget.reserved(10, new AbortController().signal);
    stopped.abort(new Error('stopped'));
    await expect(first).rejects.toThrow('stopped');
    await expect(budget.reserved(1, stopped.signal)).rejects.toThrow('stopped');
    budget.release(100);
    await second;
    expect([budget.hasRoom(91), budget.hasRoom(90)]).toEqual([false, true]);
  });

  it('resizes a reservation beyond its total, and then has no room', () => {
    const budget = new SendBudget(100);
    budget.reserve(10);
    budget.resize(10, 300);
    expect(budget.reserve(1)).toBe(false);
    budget.resize(300, 50);
    expect([budget.hasRoom(51), budget.hasRoom(50)]).toEqual([false, true]);
  });

  it('serves a waiting caller if a reservation shrinks', () => {
    const budget = new SendBudget(100);
    let served = 0;
    budget.reserve(100);
    budget.reserveWhenFree(50, () => served++);
    budget.resize(100, 50);
    expect(served).toBe(1);
  });
});

describe('a client that does not read its reserved bytes', () => {
  const LATE_MS = 20_000;
  let disconnected: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    disconnected = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  function hold(budget: SendBudget, bytes: number, name: string): () => void {
    expect(budget.reserve(bytes)).toBe(true);
    return budget.limitTime(bytes, () => disconnected.push(name));
  }

  it('is disconnected if it is late and the budget is crowded', () => {
    const budget = new SendBudget(100);
    hold(budget, 80, 'early');
    jest.advanceTimersByTime(LATE_MS / 3);
    expect(disconnected).toEqual([]);
    hold(budget, 10, 'late');
    jest.advanceTimersByTime(LATE_MS / 3);
    expect(new Set(disconnected)).toEqual(new Set(['early']));
  });

  it('is disconnected if it is late and another response waits for room', () => {
    const budget = new SendBudget(100);
    hold(budget, 50, 'late');
    budget.reserveWhenFree(60, () => {});
    jest.advanceTimersByTime(LATE_MS);
    expect(new Set(disconnected)).toEqual(new Set(['late']));
  });

  it('stays connected while there is room for others', () => {
    const budget = new SendBudget(100);
    hold(budget, 70, 'slow');
    jest.advanceTimersByTime(10 * LATE_MS);
    expect(disconnected).toEqual([]);
  });

  it('has more time for more bytes', () => {
    const budget = new SendBudget(1024 * 1024);
    hold(budget, 1024 * 1024, 'large');
    jest.advanceTimersByTime(LATE_MS);
    expect(disconnected).toEqual([]);
    jest.advanceTimersByTime(LATE_MS);
    expect(new Set(disconnected)).toEqual(new Set(['large']));
  });

  it('stays connected once it has read them', () => {
    const budget = new SendBudget(100);
    const endLimit = hold(budget, 100, 'read');
    endLimit();
    jest.advanceTimersByTime(LATE_MS);
    expect(disconnected).toEqual([]);
  });
});
