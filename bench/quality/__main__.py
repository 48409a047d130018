"""What the versions read of generated pages, and whether a damaged one shows in its own scores.

    python -m bench.quality
    python -m bench.quality --pages 20 --requests 200

First the text of each page against its truth: both versions, upright and upside down. Then v1.2
beside a v1.2 whose recogniser has slightly wrong weights, which answers as fast and without errors:
after how many requests to each do their `paddle_model_quality` histograms differ at 1%, looked at
every 50 requests (each look at its share of the 1%)? And two undamaged ones, which should not.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from bench.command import parser
from bench.load.connection import Connection
from bench.load.judge import similarity
from bench.pages.draw import Page, page
from bench.quality.damage import damaged
from bench.quality.ranks import p_value
from bench.table import columns
from local.python_env import ROOT, environment
from local.service import Service
from service.fetch_models import fetch

_VERSIONS = ("v1.1", "v1.2")
_WORKERS = "1"
_STRENGTH = 0.12  # each weight is off by 12% (one standard deviation)
_LOOK = 50
_ALPHA = 0.01
_SIGNALS = ("confidence", "length")

Read = Callable[[Page], tuple[str, ...]]


def main() -> None:
    options = parser("bench.quality", __doc__)
    options.add_argument("--pages", type=int, default=100, help="for the table (default: 100)")
    options.add_argument("--requests", type=int, default=500, help="to each arm (default: 500)")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        models = models_in(Path(folder))
        print(_accuracy(models, chosen.pages), flush=True)
        for name in ("v1.2", "damaged"):
            print(f"\nv1.2 beside {name}: {difference(models, name, chosen.requests)}", flush=True)


def models_in(folder: Path) -> dict[str, Path]:
    """Directories of both versions and of the damaged one."""
    fetch(folder / "files")
    models = {}
    for name in (*_VERSIONS, "damaged"):
        models[name] = folder / name
        shutil.copytree(folder / "files", models[name])
        spec = "v1.2" if name == "damaged" else name
        shutil.copy(ROOT / f"service/models/{spec}.yaml", models[name] / "model.yaml")
    weights = models["damaged"] / "rec/inference.pdiparams"
    weights.write_bytes(damaged(weights.read_bytes(), _STRENGTH, seed=1))
    return models


@contextmanager
def _served(models: Path) -> Iterator[Service]:
    python = environment(ROOT / "service/requirements.txt") / "bin/python"
    with Service(python, models, "v", WORKERS=_WORKERS) as service:
        yield service


def _reader(service: Service) -> Read:
    connection = Connection("127.0.0.1", service.port)

    def read(sheet: Page) -> tuple[str, ...]:
        kind = f"image/{sheet.attributes.format}"
        answer = connection.post("/infer", kind, sheet.image)
        if answer.status != 200:
            raise RuntimeError(f"answered {answer.status}: {answer.body.decode()}")
        return tuple(line["text"] for line in json.loads(answer.body)["lines"])

    return read


def _accuracy(models: dict[str, Path], count: int) -> str:
    rows = [("version", "pages", "characters right", "lines right", "pages without text")]
    for version, directory in models.items():
        with _served(directory) as server:
            read = _reader(server)
            for turned in (False, True):
                pages = [page(seed, turned) for seed in range(count)]
                found = [read(sheet) for sheet in pages]
                rows.append((version, "turned" if turned else "upright", *_shares(pages, found)))
    return columns(rows)


def _shares(pages: Sequence[Page], found: Sequence[tuple[str, ...]]) -> tuple[str, str, str]:
    pairs = list(zip(pages, found, strict=True))
    letters = sum(similarity(read, sheet.lines) for sheet, read in pairs) / len(pairs)
    lines = [
        _squeezed(line) in map(_squeezed, read) for sheet, read in pairs for line in sheet.lines
    ]
    empty = sum(not read for read in found)
    return f"{letters:.1%}", f"{sum(lines) / len(lines):.1%}", f"{empty / len(found):.0%}"


def _squeezed(line: str) -> str:
    return "".join(line.split())


def difference(models: dict[str, Path], other: str, requests: int) -> str:
    """After how many requests two services differ in a signal, in words."""
    threshold = _ALPHA / (requests // _LOOK) / len(_SIGNALS)
    with (
        _served(models["v1.2"]) as one,
        _served(models[other]) as two,
        ThreadPoolExecutor() as arms,
    ):
        readers = [_reader(one), _reader(two)]
        for sent in range(0, requests, _LOOK):
            # Different pages, as a split of real traffic gives them to the two.
            seeds = [range(sent, sent + _LOOK), range(10**6 + sent, 10**6 + sent + _LOOK)]
            list(arms.map(_read_all, readers, seeds))
            for signal in _SIGNALS:
                p = p_value(_histogram(one, signal), _histogram(two, signal))
                if p < threshold:
                    return (
                        f"differs in {signal} after {sent + _LOOK} requests to each (p = {p:.1e})"
                    )
    return f"no difference in {requests} requests to each"


def _read_all(read: Read, seeds: Sequence[int]) -> None:
    for seed in seeds:
        read(page(seed))


def _histogram(service: Service, signal: str) -> list[int]:
    """Observations of a signal by bucket."""
    totals = [
        int(sample.value)
        for family in text_string_to_metric_families(service.text("/metrics"))
        if family.name == "paddle_model_quality"
        for sample in family.samples
        if sample.name.endswith("_bucket") and sample.labels["signal"] == signal
    ]
    return [total - before for before, total in zip([0, *totals], totals, strict=False)]


if __name__ == "__main__":
    main()
