import { parse } from 'yaml';
import { type Config, loadConfig } from '../../src/config.js';
import { readDocument } from '../harness/code-blocks.js';

/** A service of docker-compose.yml, with its merge keys resolved. */
export interface ComposeService {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly privileged?: boolean;
  readonly cap_add?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
}

const IMAGE = 'pubsub-log-aggregator';
/** Whether the image of the service has a health check of its own. */
const IMAGE_IS_PROBED = /^HEALTHCHECK [^]*\/health\/ready/m.test(readDocument('Dockerfile'));

export const { services, networks } = parse(readDocument('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
};
export const allServices = Object.entries(services);
/** The services that serve requests: the single one and the replicas. Publishers have no health check. */
export const serving = allServices.filter(
  ([, { image, healthcheck }]) => image === IMAGE && healthcheck?.disable !== true,
);
export const replicas = serving.filter(([, { profiles }]) => profiles?.includes('cluster'));

/** Returns the variables of a service. Replaces `${NAME:-default}` by the default, as Compose does without NAME. */
export function environmentOf({ environment = {} }: ComposeService): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      String(value).replaceAll(/\$\{\w+:-(\w*)\}/g, '$1'),
    ]),
  );
}

/** Throws if a value is invalid. */
export function configOf(service: ComposeService): Config {
  return loadConfig(environmentOf(service));
}

export function hasHealthCheck({ image, healthcheck }: ComposeService): boolean {
  if (healthcheck?.disable) return false;
  return healthcheck?.test !== undefined || (image === IMAGE && IMAGE_IS_PROBED);
}

/** Lists the services that a service waits for, with the condition. */
export function dependenciesOf({ depends_on: dependencies = {} }: ComposeService): [string, string][] {
  return Object.entries(dependencies).map(([name, value]: [string, string | { condition: string }]) =>
    typeof value === 'string' ? [value, 'service_started'] : [name, value.condition],
  );
}
