import { readApiKeyFile } from './api-key-file.js';
import { parseApiKeyList } from './api-key-list.js';
import { ApiKeys } from './api-keys.js';

interface ApiKeySettings {
  readonly API_KEYS: string;
  readonly API_KEYS_FILE: string;
  readonly API_KEY_EVENTS_PER_SECOND: number;
  readonly API_KEY_BYTES_PER_SECOND: number;
}

/** Returns the API keys of the configuration. A reload reads the file again. */
export function openApiKeys(settings: ApiKeySettings): ApiKeys {
  const { API_KEYS, API_KEYS_FILE, API_KEY_EVENTS_PER_SECOND, API_KEY_BYTES_PER_SECOND } = settings;
  const read = () => [
    ...(API_KEYS ? parseApiKeyList(API_KEYS) : []),
    ...(API_KEYS_FILE ? readApiKeyFile(API_KEYS_FILE) : []),
  ];
  return new ApiKeys(read, {
    eventsPerSecond: API_KEY_EVENTS_PER_SECOND,
    bytesPerSecond: API_KEY_BYTES_PER_SECOND,
  });
}
