# The grown form's image: one for web, worker, clock, doors and migrations; docker-compose.yml gives the commands.

# The wheel is made apart, so that neither a compiler nor the sources are in what runs.
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/build.txt requirements/prod.txt requirements/
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements/build.txt \
    && python -m venv /opt/mailbag \
    && /opt/mailbag/bin/pip install --require-hashes --only-binary :all: --no-binary dkimpy -r requirements/prod.txt
# after the packages: a changed line of code must not install them again
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY worker worker
COPY templates templates
RUN /opt/build/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/mailbag/bin/pip install --no-index --no-deps /wheel/*.whl

FROM python:3.12-slim-bookworm
# the pictures of links are drawn with it: the face that the library brings has no é
RUN apt-get update && apt-get install -y --no-install-recommends fonts-liberation && rm -rf /var/lib/apt/lists/*
# its own user, with a number, so that a volume's owner is the same on every host
RUN useradd --system --uid 10001 --home-dir /var/lib/mailbag --create-home mailbag
COPY --from=build /opt/mailbag /opt/mailbag
# unbuffered: a log line must be seen before the crash that it tells of
ENV PATH=/opt/mailbag/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /var/lib/mailbag
USER mailbag
CMD ["mailbag", "--help"]
