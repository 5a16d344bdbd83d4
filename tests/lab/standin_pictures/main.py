"""The stand-in: it takes jobs as ComfyUI does, and draws one after the other."""

from __future__ import annotations

import json
import os
import queue
import shutil
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from comfy.cli_args import parser  # type: ignore[import-not-found]
from picture import draw  # type: ignore[import-not-found]

STEP_S = 0.05
MODELS, OUTPUT, TEMP = Path("models", "checkpoints"), Path("output"), Path("temp")


class Server(ThreadingHTTPServer):
    """It serves while a thread of its own draws; what became of jobs is in memory alone."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        """Listen, and begin to draw."""
        super().__init__(address, Handler)
        self.waiting: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.history: dict[str, Any] = {}
        self.remaining = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.work, daemon=True).start()

    def put(self, job: dict[str, Any]) -> str:
        """Take a job; return by what it is known."""
        identifier = uuid.uuid4().hex
        with self.lock:
            self.remaining += 1
        self.waiting.put((identifier, job))
        return identifier

    def work(self) -> None:
        """Draw one picture after the other."""
        while True:
            identifier, job = self.waiting.get()
            time.sleep(STEP_S * int(job.get("steps", 20)))
            completed = os.environ.get("STANDIN_FAULT") != "mute"
            images = []
            if completed:
                name = f"{identifier}.png"
                (OUTPUT / name).write_bytes(draw(str(job.get("text", "")), int(job.get("seed", 0))))
                images = [{"filename": name, "subfolder": "", "type": "output"}]
            status = {"completed": completed, "status_str": "success" if completed else "error"}
            with self.lock:
                self.history[identifier] = {"outputs": {"9": {"images": images}}, "status": status}
                self.remaining -= 1


class Handler(BaseHTTPRequestHandler):
    """The paths that clients use, each a second time below /api."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Say how it is, what became of a job, or what is in a picture."""
        url = urlsplit(self.path)
        path = url.path.removeprefix("/api")
        if path == "/system_stats":
            self.answer({"system": {"argv": sys.argv, "models": sorted(os.listdir(MODELS))}})
        elif path == "/prompt":
            self.answer({"exec_info": {"queue_remaining": self.server.remaining}})
        elif path.startswith("/history/"):
            identifier = path.rpartition("/")[2]
            found = self.server.history.get(identifier)
            self.answer({identifier: found} if found else {})
        elif path == "/view":
            file = OUTPUT / Path(parse_qs(url.query)["filename"][0]).name
            self.send(
                200 if file.is_file() else 404, file.read_bytes() if file.is_file() else b"", "image/png"
            )
        else:
            self.send(200 if path == "/" else 404, b"a stand-in for ComfyUI", "text/plain")

    def do_POST(self) -> None:
        """Take a job."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if urlsplit(self.path).path.removeprefix("/api") != "/prompt":
            self.send(404, b"", "text/plain")
            return
        job = json.loads(body).get("prompt", {})
        if not (MODELS / Path(str(job.get("model", ""))).name).is_file():
            self.answer(
                {"error": {"type": "prompt_outputs_failed_validation", "message": "no such model"}}, 400
            )
            return
        self.answer({"prompt_id": self.server.put(job), "number": 1, "node_errors": {}})

    def answer(self, data: Any, status: int = 200) -> None:
        """Answer in JSON."""
        self.send(status, json.dumps(data).encode(), "application/json")

    def send(self, status: int, body: bytes, kind: str) -> None:
        """Answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Empty the folder of what is passing, as ComfyUI does at each start, and serve."""
    arguments = parser.parse_args()
    for folder in (MODELS, OUTPUT, TEMP):
        folder.mkdir(parents=True, exist_ok=True)
    for entry in TEMP.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    Server((arguments.listen, arguments.port)).serve_forever()


if __name__ == "__main__":
    main()
