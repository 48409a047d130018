import sys, importlib, tempfile, time
from pathlib import Path
from tests.promtool import run
for name in sys.argv[1:]:
    suites = importlib.import_module(f"tests.promtool.suites.{name}")
    for suite in getattr(suites,"SUITES",None) or [suites.SUITE]:
        d = Path(tempfile.mkdtemp())
        t = run.write(suite, run.rules(), d, "x")
        s=time.time()
        f = run.failures([t], d, "x")
        print(suite.name, len(suite.scenarios), f"{time.time()-s:.1f}s", "OK" if not f else "")
        for each in f.values(): print("\n".join(each))
