#!/usr/bin/env python3
"""What tracing costs, against Debian's heaptrack and against its goals; writes bench/results/trace.md.

    bench/trace/trace.py [rounds] [part ...]      5 rounds; parts: churn programs sampled viewer attach (all unless said)

Interleaved, medians. CPU is the traced process's own, user and system, read inside it. heaptrack runs as its users run it, agent and interpreter. Quiet machine, please:
nothing else should build or test meanwhile.
"""
import datetime, json, os, platform, re, resource, shutil, statistics, subprocess, sys, tempfile, time

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
tool = f"{root}/artifacts/vmatlas/vmatlas"
targets = f"{root}/artifacts/targets"
lines = []


def say(line=""):
    print(line, flush=True)
    lines.append(line)


def table(*heads):
    say()
    say("| " + " | ".join(heads) + " |")
    say("|" + " --- |" * len(heads))


def row(*cells):
    say("| " + " | ".join(str(c) for c in cells) + " |")


def verdict(value, goal, form="{:.2f}"):
    return f"{form.format(value)} ({'met' if value <= goal else 'MISSED'})"


class Died(Exception):
    """A measured command did not end as it should; says how."""


def interleaved(rounds, ways, run):
    """Each way's measurements, a round of all before the next; how it died where one did, which is not tried again."""
    times, died = {way: [] for way in ways}, {}
    for _ in range(rounds):
        for way, command in ways.items():
            try:
                if way not in died:
                    times[way].append(run(command))
            except Died as e:
                died[way] = f"died: {e}"
    return {way: died.get(way) or tuple(statistics.median(column) for column in zip(*t)) for way, t in times.items()}


def ended(command, code, said):
    """Nothing when a command ended well; else tells in a few words how it did not."""
    if code == 0:
        return
    telling = [line.strip() for line in said.splitlines() if re.search(r"terminate called|bad_alloc|what\(\)|[Kk]illed|[Aa]borted|rror", line)]
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    raise Died(f"{how}, {telling[-1][:80]}" if telling else how)


def bounded():
    """For heaptrack: on a compiler run its interpreter takes 19 GB, which is not to be other programs' loss."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


MOST_MEMORY = 8 << 30


def limits_of(command):
    return bounded if command[0] == "heaptrack" else None


def shown(value, form="{:.1f}"):
    return value if isinstance(value, str) else form.format(value)


def wrapped(command, folder):
    return {
        "untraced": command,
        "heaptrack": ["heaptrack", "-o", f"{folder}/heap", *command],
        "exact": [tool, "trace", "--", *command],
        "sampled": [tool, "trace", "--sample", "512K", "--", *command],
    }


# ---- the allocator in a loop: nanoseconds that tracing adds to a malloc and its free ----

def churn(rounds, folder):
    program = f"{targets}/trace_churn"
    # Sizes in steps of 16: with thousands of them Debian's heaptrack dies of collisions in its table of sizes and stacks.
    cases = [
        ("one thread, depth 20", [program, "1", "20", "4000000", "16", "0", "16"], 4e6, 0.20),
        ("4 threads, depth 20", [program, "4", "20", "1000000", "16", "0", "16"], 4e6, 0.15),
        ("a new stack each time", [program, "1", "20", "2000000", "1", "0", "16"], 2e6, 0.70),
    ]

    def run(command):
        said = subprocess.run(command, cwd=folder, capture_output=True, text=True, preexec_fn=limits_of(command))
        ended(command, said.returncode, said.stderr)
        return (int(re.search(r"cpu_us (\d+)", said.stderr).group(1)),)

    say("\n## Exact tracing, target CPU added to a malloc and its free")
    table("workload", "untraced ns", "heaptrack adds ns", "exact adds ns", "sampled 512K adds ns", "exact / heaptrack", "goal")
    for name, command, pairs, goal in cases:
        m = interleaved(rounds, wrapped(command, folder), run)
        untraced = m["untraced"][0]
        added = {way: v if isinstance(v, str) else (v[0] - untraced) * 1e3 / pairs for way, v in m.items()}
        both = not isinstance(added["heaptrack"], str) and not isinstance(added["exact"], str)
        row(name, f"{untraced * 1e3 / pairs:.1f}", *(shown(added[way]) for way in ("heaptrack", "exact", "sampled")),
            verdict(added["exact"] / added["heaptrack"], goal) if both else "", goal)


# ---- real programs ----

def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def compiler(folder):
    source = write(folder, "templates.cpp", "#include <map>\n#include <regex>\n#include <string>\n#include <vector>\n" + "".join(
        f"struct T{i} {{ std::map<std::string, std::vector<T{i}>> children; int n[{i + 1}]; }};\n"
        f"int f{i}() {{ T{i} t; t.children[\"a\"]; return (int)t.children.size(); }}\n" for i in range(60))
        + "int main() { return std::regex_match(\"x\", std::regex(\"[a-z]+\")); }\n")
    subprocess.run(["g++", "-E", source, "-o", f"{folder}/templates.ii"], check=True)
    cc1plus = subprocess.run(["g++", "-print-prog-name=cc1plus"], check=True, capture_output=True, text=True).stdout.strip()
    return [cc1plus, "-quiet", "-O1", "-fpreprocessed", f"{folder}/templates.ii", "-o", "/dev/null"]


def programs(folder):
    objects = write(folder, "objects.py", "import json\nfor i in range(60):\n"
                    "  json.loads(json.dumps([{'name': str(n), 'list': [n] * 5} for n in range(400)]))\n")
    sql = ("create table t(id integer primary key, name text, value real);"
           "with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000) insert into t select i, 'name' || i, i * 1.5 from n;"
           "create index by_name on t(name); select count(*), sum(value), max(name) from t where name like '%7%';"
           "select a.name from t a join t b on a.id = b.id + 1 order by a.name desc limit 3;")
    found = {"python, every object": ["/usr/bin/python3", objects], "sqlite3": ["sqlite3", ":memory:", sql]}
    if shutil.which("g++"):
        found["g++ (cc1plus)"] = compiler(folder)
    found["dotnet --info"] = ["dotnet", "--info"]
    return {name: command for name, command in found.items() if shutil.which(command[0])}


class Spent:
    """Runs commands with a library beside them that says what the process spent."""

    def __init__(self, folder):
        self.folder, self.preload, self.path = folder, f"{folder}/spent.so", f"{folder}/spent"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", self.preload, f"{root}/bench/trace/spent.c"], check=True)
        self.environment = dict(os.environ, SPENT=self.path, LD_PRELOAD=self.preload, PYTHONMALLOC="malloc", DOTNET_TieredPGO="0")

    def clear(self):
        if os.path.exists(self.path):
            os.remove(self.path)

    def of(self, program):
        """Microseconds of the process of that name; of the last that ended, should several have it."""
        said = [line.split(maxsplit=1) for line in open(self.path)] if os.path.exists(self.path) else []
        found = [int(us) for us, name in said if name.strip() == os.path.basename(program)[:15]]
        return found[-1] if found else None

    def run(self, command, program, first=()):
        """Microseconds of CPU of the program, and of wall time of the whole command. `first`: what the command is run by."""
        self.clear()
        begin = time.monotonic()
        said = subprocess.run([*first, *command], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, preexec_fn=limits_of(command))
        wall = (time.monotonic() - begin) * 1e6
        ended(command, said.returncode, said.stderr)
        cpu = self.of(program)
        if cpu is None:
            raise Died("it said nothing of its time")
        return cpu, wall


def real(rounds, folder):
    spent = Spent(folder)
    say("\n## Real programs, exact: the program's own CPU, and the whole command from start to end (names looked up at its end included)")
    table("program", "untraced ms", "heaptrack ms", "exact ms", "untraced wall", "heaptrack wall", "exact wall", "operations", "bytes an operation on disk", "CPU faster than heaptrack", "wall faster")
    for name, command in programs(folder).items():
        ways = {way: c for way, c in wrapped(command, folder).items() if way != "sampled"}
        m = interleaved(rounds, ways, lambda c: spent.run(c, command[0]))
        show = lambda way, i: m[way] if isinstance(m[way], str) else f"{m[way][i] / 1000:.0f}"
        faster = lambda i: "NO" if isinstance(m["exact"], str) else "yes" if isinstance(m["heaptrack"], str) or m["exact"][i] < m["heaptrack"][i] else "NO"
        operations, size = on_disk(command, folder)
        row(name, *(show(way, i) for i in (0, 1) for way in ways), f"{operations:,}", verdict(size, 5), faster(0), faster(1))


def on_disk(command, folder):
    """Operations of a program, and bytes for each that its trace adds to a file, the maps beside it left out."""
    path = f"{folder}/disk.vmatlas"
    environment = dict(os.environ, PYTHONMALLOC="malloc")
    said = subprocess.run([tool, "trace", "-o", path, "--json", "--", *command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    begins = [m.start() for m in re.finditer(r"^\{", said.stdout, re.MULTILINE)] # behind what the program itself printed
    operations = sum(program["operations"] for program in json.loads(said.stdout[begins[-1]:])["programs"])
    size = os.path.getsize(path)
    os.remove(path)
    if not operations:
        sys.exit(f"no operation of {command[0]} was recorded: {said.stdout[-500:]}{said.stderr[-500:]}")
    return operations, size / operations


# ---- sampled, where it has to cost next to nothing ----

def redis(spent, prefix):
    """CPU of a server over a fixed number of requests."""
    spent.clear()
    port = "46379"
    with open(f"{spent.folder}/server.log", "w") as log:
        server = subprocess.Popen([*by_itself(), *prefix, "/usr/bin/redis-server", "--port", port, "--save", "", "--daemonize", "no"],
                                  cwd=spent.folder, env=spent.environment, stdout=log, stderr=log)
    client = lambda *words: subprocess.run(["redis-cli", "-p", port, *words], capture_output=True, text=True)
    for _ in range(200):
        if client("ping").stdout.strip() == "PONG":
            break
        time.sleep(0.05)
    subprocess.run(["redis-benchmark", "-p", port, "-n", "100000", "-r", "50000", "-d", "200", "-t", "set,lpush,lpop,sadd,hset", "-q"], stdout=subprocess.DEVNULL, check=True)
    client("shutdown", "nosave")
    ended(prefix, server.wait(30), "")
    return (spent.of("redis-server"),)


def by_itself():
    """Ahead of everything else on the machine, where that is allowed: what is looked for is a hundredth."""
    return ["chrt", "-f", "10"] if shutil.which("chrt") and subprocess.run(["chrt", "-f", "10", "true"], stderr=subprocess.DEVNULL).returncode == 0 else []


def sampled(rounds, folder):
    spent = Spent(folder)
    say("\n## Sampled, 512 KiB: target CPU added")
    table("program", "untraced ms", "sampled ms", "costs", "goal")
    prefix = [tool, "trace", "--sample", "512K", "--"]
    cases = {}
    if shutil.which("g++"):
        command = compiler(folder)
        cases["g++ (cc1plus)"] = lambda p: spent.run([*p, *command], command[0], by_itself())
    if shutil.which("redis-server") and shutil.which("redis-benchmark"):
        cases["redis-server, 500,000 requests"] = lambda p: redis(spent, p)
    for name, run in cases.items():
        m = interleaved(2 * rounds, {"untraced": [], "sampled": prefix}, run)
        died = [v for v in m.values() if isinstance(v, str)]
        if died:
            row(name, died[0], "", "", "2 %")
            continue
        untraced, traced = m["untraced"][0], m["sampled"][0]
        row(name, f"{untraced / 1000:.0f}", f"{traced / 1000:.0f}", verdict((traced / untraced - 1) * 100, 2, "{:.1f} %"), "2 %")


# ---- who reads it ----

def viewer(rounds, folder):
    program = f"{targets}/trace_churn"
    say("\n## The reader: CPU of vmatlas itself for an event, and its memory, as the trace gets longer")
    table("workload", "to a file", "ns an event", "MiB at a quarter of the trace", "MiB at its end")

    def run(threads, pairs, output):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = subprocess.run([tool, "trace", *output, "--", program, str(threads), "20", str(pairs // threads), "16", "0", "16"], capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # The target is the reader's child, and its time is in the reader's.
        all_us = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6
        return all_us - int(re.search(r"cpu_us (\d+)", said.stderr).group(1))

    def peak(threads, pairs, output):
        said = subprocess.run(["/usr/bin/env", "python3", "-c",
            "import resource,subprocess,sys; subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
            tool, "trace", *output, "--", program, str(threads), "20", str(pairs // threads), "16", "0", "16"], capture_output=True, text=True)
        return int(said.stdout) / 1024

    few, many = 4_000_000, 16_000_000
    for threads in (1, 4):
        for output in ([], ["-o", f"{folder}/viewer.vmatlas"]):
            costs = []
            for _ in range(rounds):
                costs.append((run(threads, many, output) - run(threads, few, output)) * 1e3 / (2 * (many - few)))
            row(f"churn, {threads} thread{'s' if threads > 1 else ''}", "yes" if output else "no", f"{statistics.median(costs):.1f}",
                f"{peak(threads, few, output):.0f}", f"{peak(threads, many, output):.0f}")
    say("\nLooking, at most every half millisecond, and waking up for it is part of it. Without that, of rings in memory, 'VmAtlas.Bench trace':\n")
    bench = f"{root}/artifacts/bin/VmAtlas.Bench/release/VmAtlas.Bench"
    subprocess.run(["dotnet", "build", f"{root}/bench/VmAtlas.Bench", "-c", "Release", "-v", "q"], check=True, stdout=subprocess.DEVNULL)
    for line in subprocess.run([bench, "trace"], capture_output=True, text=True).stdout.splitlines():
        say("    " + line)


def attach(rounds, folder):
    target = subprocess.Popen([f"{targets}/trace_steady", "3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    target.stdout.readline()
    times = []
    for _ in range(rounds * 5):
        said = subprocess.run([tool, "trace", "--attach", str(target.pid), "--for", "100ms"], capture_output=True, text=True)
        times.append(float(re.search(r"stood still for ([0-9.]+) ms", said.stderr).group(1)))
    target.stdin.close()
    unharmed = target.stdout.read().split("\n")
    say("\n## Attaching: how long one thread of a busy target stands still")
    table("times attached", "first ms", "median ms", "longest ms", "goal (median)", "the target says")
    row(len(times), f"{times[0]:.1f}", verdict(statistics.median(times), 15, "{:.1f}"), f"{max(times):.1f}", "15 ms", ", ".join(unharmed[:2]))


PARTS = {"churn": churn, "programs": real, "sampled": sampled, "viewer": viewer, "attach": attach}


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    chosen = sys.argv[2:] or list(PARTS)
    subprocess.run(["make", "-s", "-C", f"{root}/tests/targets"], check=True)
    subprocess.run([f"{root}/vmatlas", "--version"], check=True, stdout=subprocess.DEVNULL)
    say("# Tracing: what it costs\n")
    say(f"bench/trace/trace.py, {datetime.date.today()}, Linux {platform.release()}, {os.cpu_count()} processors, medians of {rounds} rounds interleaved.")
    with tempfile.TemporaryDirectory() as folder:
        for part in chosen:
            PARTS[part](rounds, folder)
    if len(chosen) == len(PARTS):
        with open(f"{root}/bench/results/trace.md", "w") as file:
            file.write("\n".join(lines) + "\n")


main()
