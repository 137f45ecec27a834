# The server, with its command line as the entry point: `docker build -t dred .`
FROM node:22-slim AS build
WORKDIR /dred
COPY . .
# pnpm of the version that package.json names; at the end only what the command line needs.
RUN pnpm="npx --yes $(node -p 'require("./package.json").packageManager')" \
  && export CI=true \
  && $pnpm install --frozen-lockfile \
  && node scripts/build.mjs \
  && rm -rf node_modules packages/*/node_modules bench/node_modules \
  && $pnpm install --frozen-lockfile --prod --filter '@dred/cli...'

FROM node:22-slim
WORKDIR /dred
ENV NODE_ENV=production
COPY --from=build --chown=node:node /dred ./
USER node
# No shell in between: dred is the process, so that it gets SIGTERM and drains.
ENTRYPOINT ["node", "/dred/bin/dred"]
CMD ["--help"]
