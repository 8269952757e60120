"""tour.py SANDBOX TOUR...: runs the tour in C against a sandbox. Both arguments are commands.

It uses the demo's check, with a timeout for emulated processors.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))
sys.dont_write_bytecode = True
import demo

demo.PATIENCE = 600

with demo.Sandbox(sys.argv[1], "legacy") as sandbox:
    demo.tour(sandbox, "C", sys.argv[2:], "carla")
