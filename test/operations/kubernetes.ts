import * as apps from 'kubernetes-models/apps/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { PROJECT, readDocument } from '../harness/code-blocks.js';

type Probe = { httpGet: { path: string; port: string } };
type Variable = { name: string; value: string };

/** The parts of a manifest that the tests read. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly stringData?: Record<string, string>;
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: object;
        readonly containers: readonly {
          readonly env: readonly Variable[];
          readonly resources: { readonly limits: { readonly memory: string } };
          readonly securityContext: object;
          readonly startupProbe: Probe;
          readonly readinessProbe: Probe;
          readonly livenessProbe: Probe;
        }[];
      };
    };
  };
}

/** Modules of the models by API version. */
const MODELS: Readonly<Record<string, readonly [path: string, models: object]>> = {
  v1: ['kubernetes-models/v1', core],
  'apps/v1': ['kubernetes-models/apps/v1', apps],
  'policy/v1': ['kubernetes-models/policy/v1', policy],
};

export function readManifests(path: string): Manifest[] {
  return parseAllDocuments(readDocument(path)).map((document) => document.toJS() as Manifest);
}

/** Throws if a manifest does not match the schema of Kubernetes. The schema permits unknown members. */
export function validate(manifest: Manifest): void {
  const models = MODELS[manifest.apiVersion]![1] as Record<
    string,
    new (data: object) => { validate(): void }
  >;
  new models[manifest.kind]!(manifest).validate();
}

/** Returns the members of manifests that Kubernetes does not know, as errors of the TypeScript compiler. */
export function unknownMembers(manifests: readonly Manifest[]): string[] {
  const lines = manifests.flatMap((manifest, index) => [
    `import { I${manifest.kind} as Kind${index} } from '${MODELS[manifest.apiVersion]![0]}';`,
    `export const manifest${index}: Kind${index} = ${JSON.stringify(manifest)};`,
  ]);
  // In the project, where the compiler finds the models.
  const directory = mkdtempSync(join(PROJECT, 'dist', 'manifests-'));
  try {
    const file = join(directory, 'manifests.mts');
    writeFileSync(file, lines.join('\n'));
    const program = ts.createProgram([file], {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      types: [],
      module: ts.ModuleKind.NodeNext,
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
