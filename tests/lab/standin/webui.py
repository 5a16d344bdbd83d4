"""The web UI of the stand-in: the command line, queue and folders of IndexTTS2's, and a small voice.

``release.json`` beside this file says which release this is, which flags it takes and which
weights it demands.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from indextts.utils.front import TextNormalizer  # type: ignore[import-not-found]
from standin.fault import Tenth, misbehave, of_release, spoil  # type: ignore[import-not-found]
from standin.voice import EMOTIONS, speak  # type: ignore[import-not-found]
from standin.weights import WeightsError, load, load_models  # type: ignore[import-not-found]

RELEASE = json.loads((Path(__file__).parent / "release.json").read_text(encoding="utf-8"))

#: Every flag that a release may take; ``release.json`` names those that this one does.
FLAGS: dict[str, dict[str, Any]] = {
    "--verbose": {"action": "store_true", "help": "print every request"},
    "--port": {"type": int, "default": 7860, "help": "port of the web UI"},
    "--host": {"default": RELEASE["host"], "help": "address of the web UI"},
    "--model_dir": {"type": Path, "default": Path("checkpoints"), "help": "folder of the weights"},
    "--version": {"choices": ["2", "2.5"], "default": "2.5", "help": "version of the model"},
    "--fp16": {"action": "store_true", "help": "half precision (nothing here)"},
    "--deepspeed": {"action": "store_true", "help": "DeepSpeed (nothing here)"},
    "--cuda_kernel": {"action": "store_true", "help": "CUDA kernel (nothing here)"},
    "--accel": {"action": "store_true", "help": "acceleration engine (nothing here)"},
    "--torch_compile": {"action": "store_true", "help": "torch.compile (nothing here)"},
    "--qwen_emo": {"action": "store_true", "help": "emotions from a description (nothing here)"},
    "--gui_seg_tokens": {"type": int, "default": 120, "help": "longest segment, in characters here"},
}


def command_line() -> argparse.Namespace:
    """Parse the flags that this release takes."""
    parser = argparse.ArgumentParser(description=f"Stand-in for IndexTTS2, release {RELEASE['revision']}")
    for flag in RELEASE["flags"]:
        parser.add_argument(flag, **FLAGS[flag])
    return parser.parse_args()


def keep(prompt: str | None) -> None:
    """Keep an uploaded voice below prompts/, named by what it holds."""
    if prompt:
        digest = hashlib.sha256(Path(prompt).read_bytes()).hexdigest()
        shutil.copyfile(prompt, Path("prompts", digest[:16] + Path(prompt).suffix))


args = command_line()
if RELEASE["weights"]:
    try:
        size = load(args.model_dir, RELEASE["weights"], RELEASE["load_seconds"])
        if RELEASE["models"]:
            size += load_models(args.model_dir, **RELEASE["models"])
    except WeightsError as error:
        sys.exit(str(error))
    print(f">> {size} bytes of weights read from {args.model_dir}", flush=True)
if fault := of_release(os.environ.get("STANDIN_FAULT", ""), RELEASE["revision"]):
    misbehave(fault, args.host, args.port)

# Only now, because a start that lacks its weights has to fail at once.
import gradio as gr  # type: ignore[import-not-found]  # noqa: E402

Path("outputs/tasks").mkdir(parents=True, exist_ok=True)
Path("outputs/presets").mkdir(parents=True, exist_ok=True)
Path("prompts").mkdir(exist_ok=True)
TextNormalizer().load()
for example in RELEASE["examples"]:
    # Upstream fetches it then, and waits for 120 s where nobody answers.
    if not Path("examples", example).exists():
        print(f">> examples/{example} is missing", flush=True)


def gen_single(
    prompt: str | None,
    text: str,
    vec1: float = 0.0,
    vec2: float = 0.0,
    vec3: float = 0.0,
    vec4: float = 0.0,
    vec5: float = 0.0,
    vec6: float = 0.0,
    vec7: float = 0.0,
    vec8: float = 0.0,
) -> str:
    """Speak ``text`` with the emotions' weights, and return the path of the WAV.

    The weights have names of their own because they are the names of the page's API.
    """
    if not text.strip():
        raise gr.Error("请输入文本 (nothing to say)")
    if spoil(fault):
        raise gr.Error(f"the fault {fault!r} was asked for")
    keep(prompt)
    emotions = dict(zip(EMOTIONS, (vec1, vec2, vec3, vec4, vec5, vec6, vec7, vec8), strict=True))
    # Upstream's name: two processes that share this folder write over each other's.
    wav = Path("outputs", f"spk_{int(time.time())}.wav")
    speak(text, emotions, wav)
    if args.verbose:
        print(f">> {wav}: {text!r} {emotions}", flush=True)
    return str(wav)


NOTICE = f"""
# IndexTTS2 stand-in · `{RELEASE["revision"]}`
**This is a stand-in for the staging lab, not the model.** 演示替身：the voice is espeak-ng;
its pitch and speed follow the emotions.
"""

# Fonts of the system only: the default theme asks a host outside for its own.
FONTS = ["system-ui", "WenQuanYi Zen Hei", "Noto Sans CJK SC", "sans-serif"]

with gr.Blocks(
    title=f"IndexTTS2 stand-in {RELEASE['revision']}",
    theme=gr.themes.Soft(primary_hue="indigo", font=FONTS, font_mono=["monospace"]),
    analytics_enabled=False,
) as demo:
    gr.Markdown(NOTICE)
    with gr.Row():
        with gr.Column():
            text_box = gr.TextArea(label="文本", placeholder="请输入目标文本", lines=5, elem_id="text")
            prompt_audio = gr.Audio(label="音色参考音频 (only kept)", type="filepath", sources=["upload"])
        with gr.Column():
            sliders: list[gr.Slider] = []
            for pair in zip(*[iter(EMOTIONS)] * 2, strict=True):
                with gr.Row():
                    sliders += [gr.Slider(0.0, 1.0, value=0.0, step=0.05, label=name) for name in pair]
            generate = gr.Button("生成语音", variant="primary", elem_id="generate")
            output = gr.Audio(label="生成结果", type="filepath", elem_id="output")
    generate.click(gen_single, [prompt_audio, text_box, *sliders], output, api_name="gen_single")

if fault == "tenth":
    create_app = gr.routes.App.create_app

    def spoilt(*words: Any, **options: Any) -> Any:
        """Make the web server's app, and put what spoils it before it."""
        app = create_app(*words, **options)
        app.add_middleware(Tenth)
        return app

    gr.routes.App.create_app = spoilt

if __name__ == "__main__":
    demo.queue(20)
    demo.launch(server_name=args.host, server_port=args.port)
