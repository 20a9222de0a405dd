FROM node:24-bookworm-slim AS build
# npm compiles better-sqlite3 although it has prebuilt binaries, with the headers of the image instead of a download.
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/*
ENV npm_config_nodedir=/usr/local
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ormconfig.ts ./
COPY src src
# Pruned here, not installed again in another stage, so that the driver is compiled once.
RUN npm run build && rm -f dist/.tsbuildinfo* && npm prune --omit=dev --omit=optional --no-audit --no-fund
RUN npm sbom --package-lock-only --omit=dev --omit=optional --sbom-format=cyclonedx > sbom.json

FROM node:24-bookworm-slim
ARG REVISION=unknown
LABEL org.opencontainers.image.title="pubsub-log-aggregator" \
  org.opencontainers.image.description="Turns at-least-once delivery of events into an effect that happens once" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.revision="$REVISION"
ENV NODE_ENV=production
# Published ports reach only an address of the container's network, not its loopback address.
ENV HOST=0.0.0.0
WORKDIR /app
# Root owns the code, the service owns data/: the process cannot change its own code.
RUN install --directory --owner=node --group=node data
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/sbom.json ./
COPY package.json LICENSE ./
USER node
VOLUME /app/data
EXPOSE 8080
# Readiness, not liveness: services that wait for "healthy" want to publish, and Docker does not restart an unhealthy
# container. An orchestrator that does must probe /health/live: a restart repairs neither a full disk nor a full queue.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node is started directly, without npm, so that it receives SIGTERM and drains the queue.
ENTRYPOINT ["node", "--enable-source-maps", "dist/src/cli/main.js"]
CMD ["serve"]
