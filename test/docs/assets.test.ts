import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';

const service = await Service.start();

describe('the assets of Swagger UI', () => {
  it.each(['swagger-ui-bundle.js', 'swagger-ui.css'])(
    'are revalidated instead of sent again: %s',
    async (asset) => {
      const first = await service.request(`/docs/${asset}`);
      await first.arrayBuffer();
      expect(first.headers.get('cache-control')).toBe('public, max-age=0');
      // Without fetch, which adds Cache-Control: no-cache.
      const connection = RawConnection.open(service.url).send(
        `GET /docs/${asset} HTTP/1.1\r\nHost: a\r\nIf-None-Match: ${first.headers.get('etag')}\r\n\r\n`,
      );
      expect(await connection.response('GET')).toMatchObject({ status: 304, body: '' });
      connection.close();
    },
  );
});
