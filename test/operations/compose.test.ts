import { loadConfig } from '../../src/config.js';
import { DRAIN_TIMEOUT_SECONDS } from '../../src/shutdown.js';
import { readDocument } from '../harness/code-blocks.js';
import {
  allServices,
  configOf,
  dependenciesOf,
  environmentOf,
  hasHealthCheck,
  networks,
  replicas,
  services,
  serving,
} from './compose.js';

const HAPROXY = readDocument('deploy/haproxy.cfg');

describe('docker-compose.yml', () => {
  it('has one service without a profile, and three replicas in the profile "cluster"', () => {
    expect(allServices.filter(([, { profiles }]) => !profiles).map(([name]) => name)).toEqual(['aggregator']);
    expect(replicas.map(([name]) => name)).toEqual(['replica-1', 'replica-2', 'replica-3']);
  });

  it.each(allServices)(
    'runs %s with an init process, on a read-only file system, without capabilities',
    (_, service) => {
      expect(service).toMatchObject({
        init: true,
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect([service.cap_add, service.privileged]).toEqual([undefined, undefined]);
    },
  );

  it.each(serving)('configures %s with variables that exist, and valid values', (_, service) => {
    const known = Object.keys(loadConfig({}));
    expect(Object.keys(service.environment!).filter((name) => !known.includes(name))).toEqual([]);
    expect(configOf(service).HOST).toBe('0.0.0.0');
  });

  it.each(serving)('allows %s the shutdown delay and the time to drain before it kills it', (_, service) => {
    const [, graceSeconds] = /^(\d+)s$/.exec(service.stop_grace_period!)!;
    const needed = DRAIN_TIMEOUT_SECONDS + configOf(service).SHUTDOWN_DELAY_MS / 1000;
    expect(Number(graceSeconds)).toBeGreaterThan(needed);
  });

  it('publishes ports only on the loopback address, of services in the network "front"', () => {
    const published = allServices.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
    expect(published).toEqual([
      ['aggregator', '127.0.0.1:8080:8080'],
      ['balancer', '127.0.0.1:8090:8080'],
    ]);
    const inFront = allServices
      .filter(([, { networks: joined }]) => joined.includes('front'))
      .map(([name]) => name);
    expect(inFront).toEqual(['aggregator', 'balancer']);
    expect(networks['back']).toEqual({ internal: true });
  });

  it('starts a service that waits for another one after the health check of that one', () => {
    const waits = allServices.flatMap(([name, service]) =>
      dependenciesOf(service).map(([other, condition]) => [name, other, condition] as const),
    );
    for (const [replica] of replicas) {
      expect(waits).toContainEqual([replica, 'postgres', 'service_healthy']);
      expect(waits).toContainEqual(['balancer', replica, 'service_healthy']);
    }
    expect(waits).toContainEqual(['publisher', 'aggregator', 'service_healthy']);
    const withoutCheck = waits.filter(
      ([, other, condition]) => condition === 'service_healthy' && !hasHealthCheck(services[other]!),
    );
    expect(withoutCheck).toEqual([]);
    expect(waits.filter(([, other]) => !services[other])).toEqual([]);
  });

  it('connects the replicas to the services "postgres" and "nats"', () => {
    for (const [, replica] of replicas) {
      const { DATABASE_URL, QUEUE_URL } = configOf(replica);
      const database = new URL(DATABASE_URL);
      const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = environmentOf(services['postgres']!);
      expect([database.hostname, database.pathname]).toEqual(['postgres', `/${POSTGRES_DB}`]);
      expect([database.username, database.password]).toEqual([POSTGRES_USER, POSTGRES_PASSWORD]);
      expect(new URL(QUEUE_URL).hostname).toBe('nats');
    }
  });
});

describe('deploy/haproxy.cfg', () => {
  it.each(['replicas', 'live'])('lists every replica and its port in the backend "%s"', (backend) => {
    const [, lines] = new RegExp(`^backend ${backend}\n((?: .*\n)+)`, 'm').exec(HAPROXY)!;
    const servers = [...lines!.matchAll(/^ *server (\S+) (\S+)$/gm)].map(([, name, address]) => [
      name,
      address,
    ]);
    expect(servers).toEqual(replicas.map(([name, service]) => [name, `${name}:${configOf(service).PORT}`]));
  });

  it('listens on the port that docker-compose.yml publishes', () => {
    const [, bound] = /^ *bind (:\d+)$/m.exec(HAPROXY)!;
    expect(services['balancer']!.ports!.every((port) => port.endsWith(bound!))).toBe(true);
  });
});
