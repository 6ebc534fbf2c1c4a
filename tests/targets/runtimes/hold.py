"""Holds small objects in obmalloc's arenas, says how many arenas its own statistics count, and waits for the end of its input."""
import os
import re
import sys
import tempfile

held = [{"a": i, "b": str(i)} for i in range(200000)]
with tempfile.TemporaryFile() as statistics:
    errors = os.dup(2)
    os.dup2(statistics.fileno(), 2)
    sys._debugmallocstats()  # writes to the descriptor
    os.dup2(errors, 2)
    statistics.seek(0)
    arenas = re.search(rb"(\d+) arenas \* (\d+) bytes/arena", statistics.read())
# With PYTHONMALLOC=malloc there are none.
print("arena-bytes", int(arenas[1]) * int(arenas[2]) if arenas else 0)
print("ready", flush=True)
sys.stdin.read()
