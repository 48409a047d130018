"""Many good requests among bad ones while workers are killed: `python -m bench.soak`."""
