"""A service for an exported model, without torch: python examples/serve.py digits.onnx --port 8000

    curl -s localhost:8000/health
    curl -s localhost:8000/predict -d '{"image": [[[0, 0.5], [1, 0]]]}'

A request is a record, or a list of records: what the model was trained on, field by field. Each
answer says the class with its probability, or what is wrong with the record.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from netwright_runtime.predict import Artifact, opened, respond

LARGEST = 10_000_000
"""Bytes of a request that is read."""


class Service(BaseHTTPRequestHandler):
    """Answers requests with one exported model."""

    def __init__(self, artifact: Artifact, *args: Any) -> None:
        self.artifact = artifact
        super().__init__(*args)

    def do_GET(self) -> None:
        if self.path != "/health":
            self.reply(404, {"error": "ask GET /health or POST /predict"})
            return
        said = self.artifact.metadata
        self.reply(200, {"model": said.model, "variant": said.variant, "spec": said.spec_sha256})

    def do_POST(self) -> None:
        if self.path != "/predict":
            self.reply(404, {"error": "ask GET /health or POST /predict"})
            return
        length = int(self.headers.get("Content-Length", 0))
        if length > LARGEST:
            self.reply(413, {"error": f"a request has at most {LARGEST:,} bytes"})
            return
        try:
            given = json.loads(self.rfile.read(length))
        except ValueError as fault:
            self.reply(400, {"error": f"the request is no JSON: {fault}"})
            return
        records = given if isinstance(given, list) else [given]
        if not all(isinstance(record, dict) for record in records):
            self.reply(400, {"error": "a record is an object with the model's fields"})
            return
        answers = list(respond(self.artifact, records))
        failed = any("error" in answer for answer in answers)
        self.reply(400 if failed else 200, answers if isinstance(given, list) else answers[0])

    def reply(self, status: int, said: Any) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def server(artifact: Artifact, port: int) -> ThreadingHTTPServer:
    """A server of one model on this machine."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(Service, artifact))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("artifact", help="an .onnx file of `netwright export`")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    with server(opened(given.artifact), given.port) as serving:
        print(f"http://127.0.0.1:{serving.server_port}", flush=True)
        serving.serve_forever()


if __name__ == "__main__":
    main()
