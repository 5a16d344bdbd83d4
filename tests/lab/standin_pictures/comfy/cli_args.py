"""The command line: the flags that the definition of the service passes, as ComfyUI has them."""

from __future__ import annotations

import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--listen", default="127.0.0.1")
parser.add_argument("--port", type=int, default=8188)
parser.add_argument("--enable-cors-header", nargs="?", const="*")
parser.add_argument("--max-upload-size", type=float, default=100)
parser.add_argument("--database-url")
parser.add_argument("--preview-method", choices=["none", "auto", "latent2rgb", "taesd"], default="none")
parser.add_argument("--reserve-vram", type=float)
parser.add_argument("--lowvram", action="store_true")
parser.add_argument("--highvram", action="store_true")
parser.add_argument("--force-fp16", action="store_true")
parser.add_argument("--disable-metadata", action="store_true")
parser.add_argument("--disable-api-nodes", action="store_true")
parser.add_argument("--disable-all-custom-nodes", action="store_true")
parser.add_argument("--verbose", nargs="?", const="DEBUG", default="INFO")
