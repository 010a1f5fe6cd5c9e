# The double as an image: `docker build -t specdouble . && docker run -p 4010:4010 -v "$PWD:/project:ro" specdouble`.
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY specdouble specdouble
RUN python -m venv /opt/specdouble && /opt/specdouble/bin/pip install --no-cache-dir '.[cel]'

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 specdouble
COPY --from=build /opt/specdouble /opt/specdouble
ENV PATH=/opt/specdouble/bin:$PATH PYTHONUNBUFFERED=1
USER specdouble
WORKDIR /project
EXPOSE 4010
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:4010/_specdouble/health', timeout=4)"]
ENTRYPOINT ["specdouble"]
CMD ["serve", "/project", "--host", "0.0.0.0", "--port", "4010"]
