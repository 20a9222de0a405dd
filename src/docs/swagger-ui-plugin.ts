/** The parts of Swagger UI that the plugin uses. */
interface SwaggerUiSystem {
  readonly fn: {
    getSampleSchema: (schema: unknown, contentType?: string, config?: object, example?: unknown) => unknown;
  };
}

/**
 * Shows and sends NDJSON as lines. Swagger UI treats every media type with "json" in its name as JSON. It would turn
 * an example of lines into a JSON string literal. The function runs in the browser. Nest copies its source text into
 * the page, so it must not reference anything outside its body.
 */
export function ndjsonAsLines(): object {
  return {
    afterLoad: function (this: SwaggerUiSystem): void {
      const { getSampleSchema } = this.fn;
      this.fn.getSampleSchema = (schema, contentType = '', config = {}, example) =>
        contentType.includes('ndjson') && typeof example === 'string'
          ? example
          : getSampleSchema(schema, contentType, config, example);
    },
  };
}
