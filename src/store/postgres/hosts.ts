/** Splits a URL before and after its hosts: `postgres://user:password@h1:5432,h2:5432/name?sslmode=require`. */
const URL_PARTS = /^([^/]*:\/\/(?:[^/?]*@)?)([^/?]*)(.*)$/su;

/**
 * The hosts of a database, of which one is the primary. libpq reads a list of hosts in the same way, with
 * `target_session_attrs=read-write`.
 */
export class Hosts {
  /** One URL for each host. */
  private readonly urls: readonly string[];
  private position = 0;

  constructor(databaseUrl: string) {
    const [, before = '', hosts = '', after = ''] = URL_PARTS.exec(databaseUrl) ?? [];
    this.urls = hosts.split(',').map((host) => `${before}${host}${after}`);
  }

  get count(): number {
    return this.urls.length;
  }

  /** The URL of the host that is the primary, as far as is known. */
  get current(): string {
    return this.urls[this.position]!;
  }

  /** Makes the next host current, unless another connection has done so since it was opened at `url`. */
  reject(url: string): void {
    if (url === this.current) this.position = (this.position + 1) % this.urls.length;
  }
}
