FROM node:24-bookworm-slim AS build
# better-sqlite3 compiles where its prebuilt binary cannot be had: from the headers the image brings, nothing is downloaded.
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/*
ENV npm_config_nodedir=/usr/local
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ormconfig.ts ./
COPY src src
# Pruned here rather than installed anew in a stage of its own: the driver is compiled once.
RUN npm run build && rm -f dist/.tsbuildinfo* && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="pubsub-log-aggregator" \
  org.opencontainers.image.description="Turns at-least-once delivery of events into an effect that happens once" \
  org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
# Published ports reach only an address of the container's network, not its loopback address.
ENV HOST=0.0.0.0
WORKDIR /app
# Code belongs to root and data/ to the service: what runs cannot change what it runs.
RUN install --directory --owner=node --group=node data
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
USER node
VOLUME /app/data
EXPOSE 8080
# Ready, not live: who waits for "healthy" wants to publish, and Docker itself restarts nothing on it. An orchestrator
# that does should ask /health/live instead: a restart mends neither a full disk nor a full queue.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# No npm in between: SIGTERM reaches the process that drains.
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
