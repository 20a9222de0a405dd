import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.js';
import { DRAIN_TIMEOUT_SECONDS } from '../../src/shutdown.js';
import { readDocument } from '../harness/code-blocks.js';
import { aDirectory } from '../harness/database.js';
import { type Manifest, readManifests, unknownMembers, validate } from './kubernetes.js';

const FILES = ['deploy/kubernetes-sqlite.yaml', 'deploy/kubernetes-postgres.yaml'];

/** Returns the pods and the secrets of a file. */
function partsOf(file: string) {
  const manifests = readManifests(file);
  const secrets = manifests.flatMap(({ stringData }) => Object.entries(stringData ?? {}));
  const { template, replicas } = manifests.find(({ spec }) => spec?.template)!.spec!;
  return { manifests, secrets, replicas, pod: template!.spec, container: template!.spec.containers[0]! };
}

describe.each(FILES)('%s', (file) => {
  const { manifests, secrets, replicas, pod, container } = partsOf(file);
  const settings = Object.fromEntries([
    ...container.env.map(({ name, value }) => [name, value]),
    ...secrets.filter(([name]) => name !== 'keys.json'),
  ]) as Record<string, string>;

  it('matches the schemas of Kubernetes', () => {
    for (const manifest of manifests) validate(manifest);
    expect(unknownMembers(manifests)).toEqual([]);
  });

  it('configures the service with valid values of variables that exist', () => {
    const keys = join(aDirectory(), 'keys.json');
    writeFileSync(keys, secrets.find(([name]) => name === 'keys.json')![1]);
    const known = Object.keys(loadConfig({}));
    expect(Object.keys(settings).filter((name) => !known.includes(name))).toEqual([]);
    expect(settings['API_KEYS_FILE']).toBe('/etc/aggregator/keys.json');
    expect(loadConfig({ ...settings, API_KEYS_FILE: keys }).HOST).toBe('0.0.0.0');
  });

  it('allows the shutdown delay and the time to drain before the pod is killed', () => {
    const delaySeconds = Number(settings['SHUTDOWN_DELAY_MS'] ?? 0) / 1000;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(DRAIN_TIMEOUT_SECONDS + delaySeconds);
  });

  it('restarts a pod that is not live, and sends requests to one that is ready', () => {
    const { startupProbe, livenessProbe, readinessProbe } = container;
    expect([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet)).toEqual([
      { path: '/health/live', port: 'http' },
      { path: '/health/live', port: 'http' },
      { path: '/health/ready', port: 'http' },
    ]);
  });

  it('runs without root, capabilities and a writable root file system, in the memory that was measured', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const compose = parse(readDocument('docker-compose.yml'), { merge: true }) as {
      services: Record<string, { mem_limit: string }>;
    };
    expect(container.resources.limits.memory).toBe(
      compose.services['aggregator']!.mem_limit.replace('m', 'Mi'),
    );
  });

  it(`has ${file.includes('sqlite') ? 'one replica' : 'three replicas'}`, () => {
    expect(replicas).toBe(file.includes('sqlite') ? 1 : 3);
  });
});

describe('the check of manifests', () => {
  const [service] = readManifests(FILES[0]!).filter(({ kind }) => kind === 'Service');

  it('finds a value of the wrong type', () => {
    const wrong = { ...service!, spec: { ports: 'http' } } as unknown as Manifest;
    expect(() => validate(wrong)).toThrow('ports must be array');
  });

  it('finds a member that does not exist', () => {
    const wrong = { ...service!, spec: { ...service!.spec, port: 8080 } } as unknown as Manifest;
    expect(unknownMembers([wrong]).join()).toContain(`'"port"' does not exist`);
  });
});
