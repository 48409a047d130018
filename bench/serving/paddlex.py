"""The same models behind `paddlex --serve`, without a download: what PaddleX needs beside them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local.server import Server

_NORMAL = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "scale": 1 / 255}
_HALF = {"mean": [0.5] * 3, "std": [0.5] * 3, "scale": 1 / 255}

# Values as in the files that PaddleX would download with its own copies of these models. It goes by
# names: of its line classifiers this is the smallest, and our older one takes its place.
_STAGES: Mapping[str, tuple[str, str, str]] = {
    "det": ("TextDetection", "text_detection", "PP-OCRv4_mobile_det"),
    "cls": ("TextLineOrientation", "textline_orientation", "PP-LCNet_x0_25_textline_ori"),
    "rec": ("TextRecognition", "text_recognition", "PP-OCRv4_mobile_rec"),
}
_OPTIONS: Mapping[str, dict[str, Any]] = {
    "det": {"limit_side_len": 64, "limit_type": "min", "thresh": 0.3, "box_thresh": 0.6}
    | {"max_side_limit": 4000, "unclip_ratio": 1.5},
    "cls": {"batch_size": 6},
    "rec": {"batch_size": 6, "score_thresh": 0.0},
}


def write(models: Path, folder: Path) -> Path:
    """Copies the models of v1.2 and describes them; returns the pipeline's file."""
    keys = (models / "rec/keys.txt").read_text(encoding="utf-8").split("\n")
    post: Mapping[str, dict[str, Any]] = {
        "det": {"name": "DBPostProcess", "thresh": 0.3, "box_thresh": 0.6}
        | {"max_candidates": 1000, "unclip_ratio": 1.5},
        "cls": {"Topk": {"topk": 1, "label_list": ["0_degree", "180_degree"]}},
        "rec": {"name": "CTCLabelDecode", "character_dict": [key for key in keys if key]},
    }
    modules = {}
    for stage, (part, module, name) in _STAGES.items():
        shutil.copytree(models / stage, folder / stage)
        _write(
            folder / stage / "inference.yml",
            {
                "Global": {"model_name": name},
                "PreProcess": {"transform_ops": _operations(stage)},
                "PostProcess": post[stage],
            },
        )
        described = {"module_name": module, "model_name": name, "model_dir": str(folder / stage)}
        modules[part] = described | _OPTIONS[stage]
    pipeline = folder / "OCR.yaml"
    switches = {"use_doc_preprocessor": False, "use_textline_orientation": True}
    head = {"pipeline_name": "OCR", "text_type": "general"}
    _write(pipeline, {**head, **switches, "SubModules": modules})
    return pipeline


def server(environment: Path, pipeline: Path, cores: int) -> Server:
    """`paddlex --serve`, with as many threads in its one process as there are cores."""
    command = (environment / "bin/paddlex", "--serve", "--pipeline", pipeline)
    return Server(
        (*command, "--host", "127.0.0.1", "--port", "{port}"),
        ready="/health",
        PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK="True",
        PADDLE_PDX_CPU_NUM_THREADS=str(cores),
    )


def _operations(stage: str) -> list[dict[str, Any]]:
    operations: dict[str, list[dict[str, Any]]] = {
        "det": [
            {"DetResizeForTest": {"resize_long": 960}},
            {"NormalizeImage": {**_NORMAL, "order": ""}},
            {"ToCHWImage": None},
        ],
        "cls": [
            {"ResizeImage": {"size": [192, 48]}},
            {"NormalizeImage": {**_HALF, "order": ""}},
            {"ToCHWImage": None},
        ],
        "rec": [{"RecResizeImg": {"image_shape": [3, 48, 320]}}],
    }
    return operations[stage]


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
