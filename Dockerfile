# The mock (the default) and the suite, for tests only:
#
#   docker build --tag report-contracts .
#   docker run --rm --publish 127.0.0.1:4010:4010 report-contracts
#
#   docker build --tag report-contracts-suite --target suite .
#   docker run --rm --network host --volume "$PWD:/data" report-contracts-suite \
#     run talkdesk --base-url http://127.0.0.1:4010
FROM python:3.13-slim AS wheel
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .

FROM python:3.13-slim AS base
RUN useradd --create-home --uid 10001 app && install --directory --owner app /data
COPY constraints.txt /wheel/
COPY --from=wheel /wheel/ /wheel/

FROM base AS suite
RUN pip install --no-cache-dir --constraint /wheel/constraints.txt "$(echo /wheel/*.whl)[conformance]"
USER 10001
WORKDIR /data
ENTRYPOINT ["conformance"]
CMD ["--help"]

FROM base AS mock
RUN pip install --no-cache-dir --constraint /wheel/constraints.txt "$(echo /wheel/*.whl)[postgres,tls]"
USER 10001
WORKDIR /data
# 0.0.0.0 is that of the container; what is published is said when it is started.
ENV MOCKSERVER_HOST=0.0.0.0
EXPOSE 4010
HEALTHCHECK --interval=5s --timeout=3s --retries=6 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('MOCKSERVER_PORT', '4010') + '/_mock/health')"]
ENTRYPOINT ["mockserver"]
CMD ["serve"]
