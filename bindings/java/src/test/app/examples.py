"""Writes the programs of the README into a folder, and prints their names.

examples.py README FOLDER
"""

import re
import sys
from pathlib import Path

text = Path(sys.argv[1]).read_text()
for program in re.findall(r"```java\n(.*?)```", text, re.DOTALL):
    name = re.search(r"public class (\w+)", program)[1]
    Path(sys.argv[2], f"{name}.java").write_text(program)
    print(name)
