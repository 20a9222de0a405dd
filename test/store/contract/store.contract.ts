import { describeCommit } from './commit.contract.js';
import { describeCounters } from './counters.contract.js';
import { describeFind } from './find.contract.js';
import type { StoreHarness } from './harness.js';
import { describeLifecycle } from './lifecycle.contract.js';
import { describeLookup } from './lookup.contract.js';

/** Checks what every implementation of `Store` promises. */
export function describeStore(name: string, harness: StoreHarness): void {
  describe(name, () => {
    describeCommit(harness);
    describeFind(harness);
    describeLookup(harness);
    describeCounters(harness);
    describeLifecycle(harness);
  });
}
