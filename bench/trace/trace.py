#!/usr/bin/env python3
"""What tracing costs the traced program, against Debian's heaptrack: target CPU, interleaved, medians.

    bench/trace/trace.py [rounds] [workload ...]      5 rounds and every workload unless said

For each workload: untraced, heaptrack (agent and interpreter, as its users run it), vmatlas trace exact, vmatlas trace
--sample 512K. CPU is the traced process's own, read by a preloaded library as it ends. Prints a Markdown table to keep
in bench/results. Quiet machine, please: nothing else should build or test meanwhile.
"""
import datetime, os, platform, shutil, statistics, subprocess, sys, tempfile

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
tool = f"{root}/artifacts/vmatlas/vmatlas"
targets = f"{root}/artifacts/targets"
# Pairs of malloc and free in the churn workloads, to give nanoseconds a pair.
PAIRS = {"churn": 4_000_000, "churn, 4 threads": 4_000_000, "churn, new stack each time": 2_000_000}
# The most that exact tracing may add, as a part of what heaptrack adds.
BOUNDS = {"churn": 0.20, "churn, 4 threads": 0.15, "churn, new stack each time": 0.70}


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def workloads(folder):
    churn = f"{targets}/trace_churn"
    objects = "import json\nfor i in range(60):\n  json.loads(json.dumps([{'name': str(n), 'list': [n] * 5} for n in range(400)]))\n"
    sql = ("create table t(id integer primary key, name text, value real);"
           "with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000) insert into t select i, 'name' || i, i * 1.5 from n;"
           "create index by_name on t(name); select count(*), sum(value), max(name) from t where name like '%7%';"
           "select a.name from t a join t b on a.id = b.id + 1 order by a.name desc limit 3;")
    templates = "#include <map>\n#include <regex>\n#include <string>\n#include <vector>\n" + "".join(
        f"struct T{i} {{ std::map<std::string, std::vector<T{i}>> children; int n[{i + 1}]; }};\nint f{i}() {{ T{i} t; t.children[\"a\"]; return (int)t.children.size(); }}\n"
        for i in range(60)) + "int main() { return std::regex_match(\"x\", std::regex(\"[a-z]+\")); }\n"
    found = {
        "churn": [churn, "1", "20", "4000000", "16"],
        "churn, 4 threads": [churn, "4", "20", "1000000", "16"],
        "churn, new stack each time": [churn, "1", "20", "2000000", "1"],
        "python, every object": ["/usr/bin/python3", write(folder, "objects.py", objects)],
        "sqlite3": ["sqlite3", ":memory:", sql],
    }
    if shutil.which("g++"):
        source = write(folder, "templates.cpp", templates)
        subprocess.run(["g++", "-E", source, "-o", folder + "/templates.ii"], check=True)
        compiler = subprocess.run(["g++", "-print-prog-name=cc1plus"], check=True, capture_output=True, text=True).stdout.strip()
        found["g++ (cc1plus)"] = [compiler, "-quiet", "-O1", "-fpreprocessed", folder + "/templates.ii", "-o", "/dev/null"]
    found["dotnet"] = ["dotnet", "--help"]
    return {name: command for name, command in found.items() if shutil.which(command[0])}


def run(command, folder, library):
    spent = os.path.join(folder, "spent")
    if os.path.exists(spent):
        os.remove(spent)
    environment = dict(os.environ, SPENT=spent, LD_PRELOAD=library, PYTHONMALLOC="malloc", DOTNET_TieredPGO="0")
    code = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    lines = open(spent).read().split() if os.path.exists(spent) else []
    return (max(map(int, lines)) if lines and code == 0 else None)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    subprocess.run(["make", "-s", "-C", f"{root}/tests/targets"], check=True)
    subprocess.run([f"{root}/vmatlas", "--version"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        library = folder + "/spent.so"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, f"{root}/bench/trace/spent.c"], check=True)
        chosen = {n: c for n, c in workloads(folder).items() if len(sys.argv) <= 2 or n in sys.argv[2:]}
        ways = {
            "untraced": lambda c: c,
            "heaptrack": lambda c: ["heaptrack", "-o", folder + "/heap"] + c,
            "exact": lambda c: [tool, "trace", "--"] + c,
            "sampled": lambda c: [tool, "trace", "--sample", "512K", "--"] + c,
        }
        print(f"{datetime.date.today()}, {platform.release()}, {os.cpu_count()} processors, {rounds} rounds interleaved, target CPU in ms, medians\n")
        print("| workload | untraced | heaptrack | exact | sampled | exact adds / heaptrack adds | at most | sampled costs | ns a pair, exact |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        for name, command in chosen.items():
            times = {way: [] for way in ways}
            for _ in range(rounds):
                for way, wrap in ways.items():
                    times[way].append(run(wrap(command), folder, library))
            medians = {way: statistics.median(t) / 1000 if None not in t else None for way, t in times.items()}
            print(row(name, medians), flush=True)


def row(name, m):
    def show(value, form="{:.0f}"):
        return form.format(value) if value is not None else "died"

    base, heap, exact, sampled = m["untraced"], m["heaptrack"], m["exact"], m["sampled"]
    ratio = (exact - base) / (heap - base) if None not in (base, heap, exact) and heap > base else None
    cost = (sampled / base - 1) * 100 if None not in (base, sampled) else None
    pair = (exact - base) * 1e6 / PAIRS[name] if name in PAIRS and None not in (base, exact) else None
    return (f"| {name} | {show(base)} | {show(heap)} | {show(exact)} | {show(sampled)} | {show(ratio, '{:.2f}')} | {BOUNDS.get(name, 1):.2f} | "
            f"{show(cost, '{:.1f} %')} | {'' if pair is None else show(pair, '{:.1f}')} |")


main()
