import { ValidateBy, type ValidationArguments } from 'class-validator';

/** The servers of one NATS cluster. */
export interface NatsServers {
  /** Addresses as `host:port`. */
  readonly servers: readonly string[];
  readonly tls: boolean;
  /** User name, or a token if there is no password. */
  readonly user?: string;
  readonly password?: string;
}

const DEFAULT_PORT = '4222';

/** Parses a comma-separated list of NATS URLs. Error messages contain no part of the list, which may have passwords. */
export function parseQueueUrl(list: string): NatsServers {
  const urls = list.split(',').map((entry, index) => parseEntry(entry.trim(), index + 1));
  const [{ protocol, username, password }] = urls as [URL, ...URL[]];
  const differs = urls.findIndex(
    (url) => url.protocol !== protocol || url.username !== username || url.password !== password,
  );
  if (differs > 0) throw new Error(`entry ${differs + 1} must have the scheme, user and password of entry 1`);
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || DEFAULT_PORT}`),
    tls: protocol === 'tls:',
    ...(username && { user: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
  };
}

function parseEntry(text: string, entry: number): URL {
  const url = /^(nats|tls):\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  const isServer = url && url.hostname !== '' && /^\/?$/.test(url.pathname + url.search + url.hash);
  if (!isServer || !isDecodable(url.username) || !isDecodable(url.password))
    throw new Error(
      `entry ${entry} must be the URL of a server, such as nats://host:4222 or tls://user:password@host`,
    );
  return url;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Validates the URLs of a NATS cluster. Also requires a database that replicas can share. */
export function IsQueueUrl(): PropertyDecorator {
  return ValidateBy({
    name: 'queueUrl',
    validator: {
      validate: (_, validation) => findProblem(validation!) === undefined,
      defaultMessage: (validation) => findProblem(validation!) ?? '',
    },
  });
}

function findProblem({ value, object }: ValidationArguments): string | undefined {
  if (value === '') return undefined;
  try {
    parseQueueUrl(value as string);
  } catch (error) {
    return (error as Error).message;
  }
  const { DATABASE_URL } = object as { DATABASE_URL: string };
  return DATABASE_URL.startsWith('postgres')
    ? undefined
    : 'requires a PostgreSQL database in DATABASE_URL, because replicas share the queue';
}
