# unroutable as a container: docs/docker.md describes how to run it and what each line of hardening is for.
#
# The tag names Node.js's major and minor version: patches and Debian's security fixes come with `docker build --pull`.
# For the same bytes every time name a digest: --build-arg NODE_IMAGE=node@sha256:...
ARG NODE_IMAGE=node:24.22-bookworm-slim

# Compiles; its development dependencies stay behind.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY bgpkit-parser-wasm/package.json bgpkit-parser-wasm/
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json rolldown.config.js ./
COPY bgpkit-parser-wasm/pkg bgpkit-parser-wasm/pkg
COPY streams streams
COPY src src
COPY page page
COPY scripts/build-page.js scripts/
# The empty folder becomes the one for state.
RUN npm run build && mkdir state

# Production dependencies as the lock file has them. lmdb brings its binaries as packages and needs no install script.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY bgpkit-parser-wasm/package.json bgpkit-parser-wasm/
RUN npm ci --omit=dev --ignore-scripts

# Runs nothing while it is built: files only, owned by root and so not writable for the program.
FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="unroutable" \
      org.opencontainers.image.description="Says, to the second, when a country leaves the Internet's routing table, and when it comes back." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
    PATH=/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    UNROUTABLE_NAME=watch \
    UNROUTABLE_STORE=/var/lib/unroutable
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json README.md ARCHITECTURE.md CHANGELOG.md LICENSE asyncapi.yaml ./
COPY bin bin
COPY bgpkit-parser-wasm/pkg bgpkit-parser-wasm/pkg
COPY incidents incidents
COPY probes probes
COPY schemas schemas
COPY docs docs
COPY --from=build /app/dist/cli dist/cli
COPY --from=build /app/dist/page dist/page
COPY --from=build /app/dist/fonts dist/fonts
COPY --from=build --chown=1000:1000 /app/state /var/lib/unroutable

# The image's user "node", by number: so that a platform can see that it is not root.
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=5m --start-interval=5s --retries=3 \
  CMD ["unroutable", "status", "--ready"]
ENTRYPOINT ["unroutable"]
CMD ["--help"]
