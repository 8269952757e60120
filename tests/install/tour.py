"""tour.py SANDBOX TOUR...: the tour in C against a sandbox, each by its command.

The demo's own check, with time enough for a processor that is emulated.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))
sys.dont_write_bytecode = True
import demo

demo.PATIENCE = 600

with demo.Sandbox(sys.argv[1], "legacy") as sandbox:
    demo.tour(sandbox, "C", sys.argv[2:], "carla")
