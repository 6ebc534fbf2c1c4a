"""Holds small objects in obmalloc's arenas and waits for the end of its input. Its statistics, asked for, go to stderr."""
import sys

held = [{"a": i, "b": str(i)} for i in range(200000)]
print("ready", flush=True)
sys.stdin.read()
