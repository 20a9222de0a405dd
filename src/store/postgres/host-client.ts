import { Client, type ClientBase, type ClientConfig } from 'pg';
import type { Hosts } from './hosts.js';

type Done = (error?: Error) => void;

/** A connection to the host that was current when it was opened. */
export interface HostClient extends ClientBase {
  /** Makes the next host current, because this one is not the primary or does not respond. */
  rejectHost(): void;
}

/** Returns the class of clients for a pool, which passes a callback to `connect`. */
export function hostClient(hosts: Hosts): new () => HostClient {
  class CurrentHostClient extends Client {
    private readonly url: string;

    constructor(config: ClientConfig) {
      const url = hosts.current;
      super({ ...config, connectionString: url });
      this.url = url;
      const connect = super.connect.bind(this) as (done: Done) => void;
      this.connect = ((done: Done) =>
        connect((error) => {
          if (error) this.rejectHost();
          done(error);
        })) as Client['connect'];
    }

    rejectHost(): void {
      hosts.reject(this.url);
    }
  }
  return CurrentHostClient as unknown as new () => HostClient;
}
