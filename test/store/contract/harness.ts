import type { Store } from '../../../src/store/store.js';

/** Opens stores of one implementation for the conformance suite. */
export interface StoreHarness {
  /** Creates a new, empty store. */
  create(): Promise<StoreFixture>;
}

export interface StoreFixture {
  /** Opens the store. The conformance suite closes what it opened. */
  open(): Promise<Store>;
  /** Makes the store unavailable for writing until the returned function is called. */
  makeUnavailable(): Promise<() => Promise<void>>;
  destroy(): Promise<void>;
}

export interface StoreUnderTest {
  readonly store: Store;
  readonly fixture: StoreFixture;
  /** Closes the store and opens it again. */
  reopen(): Promise<void>;
}

/** Gives every test of the enclosing `describe` a new, empty store. */
export function useStore(harness: StoreHarness): StoreUnderTest {
  let fixture: StoreFixture;
  let store: Store;
  beforeEach(async () => {
    fixture = await harness.create();
    store = await fixture.open();
  });
  afterEach(async () => {
    await store.close();
    await fixture.destroy();
  });
  return {
    get store() {
      return store;
    },
    get fixture() {
      return fixture;
    },
    async reopen() {
      await store.close();
      store = await fixture.open();
    },
  };
}

/** A filter that selects every event, newest first. */
export const EVERYTHING = { order: 'desc', limit: 10_000, maxBytes: 100_000_000 } as const;

/** Returns all events, counters and topics. */
export async function snapshot(store: Store): Promise<unknown> {
  return [await store.find(EVERYTHING), await store.counters(), await store.topics('', 1_000)];
}
