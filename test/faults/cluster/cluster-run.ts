import { seededRandom } from '../../../src/cli/simulate/random.js';
import { acknowledgedIn } from '../history.js';
import type { RunResult } from '../run.js';
import { clusterFault, type ClusterFaultName } from './cluster-faults.js';
import { ClusterTrial, type ClusterTrialOptions } from './cluster-trial.js';

export interface ClusterRunOptions extends ClusterTrialOptions {
  /** Number of faults. They take turns. */
  readonly cycles: number;
  readonly faults: readonly ClusterFaultName[];
  readonly onCycle?: (report: ClusterCycle) => void;
}

export interface ClusterCycle {
  readonly cycle: number;
  readonly fault: ClusterFaultName;
  /** Events acknowledged since the start. */
  readonly acknowledged: number;
  /** Longest time of a request in this cycle. */
  readonly longestMs: number;
}

/** Repeats load, fault, recovery and check on one database. Stops at the first finding. */
export async function runCluster(options: ClusterRunOptions): Promise<RunResult> {
  const random = seededRandom(options.seed);
  const trial = await ClusterTrial.start(options);
  let survived = 0;
  let findings: RunResult['findings'] = [];
  while (survived < options.cycles && findings.length === 0) {
    const fault = options.faults[survived % options.faults.length]!;
    const { longestMs } = await trial.cycle(clusterFault(fault), random);
    survived++;
    findings = await trial.findings({ thorough: survived === options.cycles });
    options.onCycle?.({
      cycle: survived,
      fault,
      acknowledged: acknowledgedIn(trial.history),
      longestMs,
    });
  }
  await trial.stop();
  return {
    findings,
    requests: trial.history.length,
    acknowledged: acknowledgedIn(trial.history),
    survived,
  };
}
