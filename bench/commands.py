#!/usr/bin/env python3
"""Whole commands against the system's own, on one target, in one run, each round in another order; medians, and each as a ratio.

    bench/commands.py [mappings] [rounds]        65000 and 15 unless said

The target is tests/targets/reader_maps: so many mappings of one touched page. Prints a Markdown table to keep in
bench/results. Quiet machine, please: nothing else should build or test meanwhile.
"""
import os, platform, random, resource, statistics, subprocess, sys, time, datetime

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
count = int(sys.argv[1]) if len(sys.argv) > 1 else 65000
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15


def allow_mappings(wanted):
    """Raises vm.max_map_count where the target needs it; returns the old value to put back, or None."""
    path = "/proc/sys/vm/max_map_count"
    old = int(open(path).read())
    if old >= wanted + 1000:
        return None
    open(path, "w").write(str(wanted + 1000))
    return old


def measure(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {code.returncode}: {code.stderr.decode()}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return wall * 1000, cpu * 1000


def main():
    subprocess.run(["make", "-s", "-C", f"{root}/tests/targets"], check=True)
    subprocess.run([f"{root}/vmatlas", "--version"], check=True, stdout=subprocess.DEVNULL)
    old = allow_mappings(count)
    target = subprocess.Popen([f"{root}/artifacts/targets/reader_maps", str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        while target.stdout.readline().strip() not in ("ready", ""):
            pass
        pid = str(target.pid)
        tool = f"{root}/artifacts/vmatlas/vmatlas"
        commands = {
            "cat smaps": ["cat", f"/proc/{pid}/smaps"],
            "pmap -x": ["pmap", "-x", pid],
            "pmap -XX": ["pmap", "-XX", pid],
            "vmatlas show": [tool, "show", pid],
            "./vmatlas show": [f"{root}/vmatlas", "show", pid],
            "vmatlas show --details": [tool, "show", pid, "--details"],
            "vmatlas show --json": [tool, "show", pid, "--json"],
        }
        times = {name: [] for name in commands}
        order = list(commands)
        for _ in range(rounds):
            random.Random(len(times[order[0]])).shuffle(order)  # none always follows the one that empties the caches
            for name in order:
                times[name].append(measure(commands[name]))
    finally:
        target.stdin.close()
        target.wait()
        if old is not None:
            open("/proc/sys/vm/max_map_count", "w").write(str(old))
    cat = statistics.median(t[0] for t in times["cat smaps"])
    pmap = statistics.median(t[0] for t in times["pmap -XX"])
    print(f"{datetime.date.today()}, {platform.system()} {platform.release()}, {os.cpu_count()} cores, {count} mappings, median of {rounds}\n")
    print("| command | wall ms | CPU ms | to cat smaps | to pmap -XX |\n| --- | ---: | ---: | ---: | ---: |")
    for name, values in times.items():
        wall, cpu = (statistics.median(v[i] for v in values) for i in (0, 1))
        print(f"| `{name}` | {wall:.1f} | {cpu:.1f} | {wall / cat:.2f} | {wall / pmap:.2f} |")


main()
