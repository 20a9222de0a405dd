import { seededRandom } from '../../src/cli/simulate/random.js';
import { FAULTS, type Fault, type FaultName } from './faults.js';
import type { Finding } from './findings.js';
import { acknowledgedIn } from './history.js';
import { Trial, type TrialOptions } from './trial.js';

export interface RunOptions extends TrialOptions {
  /** Runs of the service that end with a fault. The faults take turns. */
  readonly cycles: number;
  readonly faults: readonly FaultName[];
  readonly publishers: number;
  readonly seed: number;
  readonly onCycle?: (cycle: number, fault: FaultName, acknowledged: number) => void;
}

export interface RunResult {
  readonly findings: readonly Finding[];
  readonly requests: number;
  readonly acknowledged: number;
  readonly survived: number;
}

/** Repeats load, fault, restart and check on one database. Stops at the first finding. */
export async function run(options: RunOptions): Promise<RunResult> {
  const random = seededRandom(options.seed);
  const trial = new Trial(options);
  let findings: readonly Finding[] = [];
  let survived = 0;
  const result = (): RunResult => ({
    findings,
    requests: trial.history.length,
    acknowledged: acknowledgedIn(trial.history),
    survived,
  });
  for (let cycle = 0; cycle < options.cycles; cycle++) {
    const name = options.faults[cycle % options.faults.length]!;
    const fault: Fault = FAULTS[name];
    await trial.start(fault.environment?.(random));
    findings = await trial.findings({ thorough: false });
    if (findings.length > 0) return result();
    const load = trial.load(options.publishers);
    await fault.strike(trial, load, random);
    await load.finished;
    if (fault.isGraceful) trial.expectGracefulShutdown();
    survived++;
    options.onCycle?.(cycle + 1, name, acknowledgedIn(trial.history));
  }
  await trial.start();
  findings = await trial.findings();
  return result();
}
