# One image for web, worker, relay and migrations; `docker-compose.yml` runs it four times.
FROM python:3.12-slim AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY requirements-bootstrap.txt requirements-build.txt requirements-runtime.txt ./
# As in .ci/install: pip brings uv and nothing else, here in an environment that stays behind.
RUN python -m venv /opt/uv \
    && /opt/uv/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements-bootstrap.txt \
    && python -m venv /opt/nexova \
    && /opt/uv/bin/uv pip sync --no-cache --require-hashes --build-constraints requirements-build.txt --compile-bytecode \
        --python /opt/nexova/bin/python requirements-runtime.txt
COPY pyproject.toml README.md ./
COPY core core
COPY domain domain
COPY tools tools
COPY agent agent
COPY channels channels
COPY connectors connectors
COPY prompts prompts
COPY migrations migrations
COPY app app
COPY sandbox sandbox
COPY evals evals
RUN /opt/uv/bin/uv pip install --no-cache --no-deps --no-build-isolation --compile-bytecode --python /opt/nexova/bin/python .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin nexova
COPY --from=build /opt/nexova /opt/nexova
ENV PATH=/opt/nexova/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NEXOVA_DATA_DIR=/data \
    NEXOVA_HOST=0.0.0.0 \
    NEXOVA_PORT=8000
USER nexova
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["nexova"]
CMD ["web"]
