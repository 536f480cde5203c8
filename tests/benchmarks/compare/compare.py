"""Times mrnn and every peer that can be imported, interleaved, on the same weights and trials.

    cmake -S . -B build -DMRNN_BENCHMARKS=ON && cmake --build build
    python3 -m venv venv && venv/bin/pip install torch "jax[cpu]" numpy h5py matplotlib
    venv/bin/python tests/benchmarks/compare/compare.py --build build --output benchmarks

Peers: `published` is mRNNTorch itself where it can be imported (PYTHONPATH), the others are in torch_peers.py,
jax_peers.py and onednn.cpp. Each engine is a process of its own and runs with the number of threads that is fastest for
it. Before any time counts, its activity and gradients without noise are compared with a reference in double precision;
both on the case with 50 time steps at most (measure.py). Timings count that lie between two moments at which no core
was slower than it can be, so that nobody else used the machine. An engine is timed until it has enough of them, or
--patience is at its end; where it has none, all count, and the table says so. Writes comparison.csv, comparison.md and
comparison.png; and machine.json, what the machine can do at best.

--matrix runs every network with every number of trials and of steps, with noise and without, which takes hours.
--budget says for how many minutes at most, and --resume goes on where an earlier run ended, by what it left in
comparison.csv. The CSV file and the tables are written after every case. They name what was not run, and which engine
was left out of which case, and why.

tests/gpu/compare.py does the same on a GPU.
"""

import argparse
import json
import os
import platform
import subprocess
import tempfile
from pathlib import Path

import cases
from engines import Engine, Stopwatch, environment, start_mrnn, start_onednn, start_peer
from measure import Comparison, NoTime, Pace
from report import (
    Column,
    bandwidth_columns,
    labelled,
    means,
    not_measured,
    overview,
    read_csv,
    table,
    write_report,
    write_tables,
)

ENGINES = ["mrnn", "mrnn recompute", "published", "well", "compiled", "jax", "nn_rnn", "onednn", "products"]
BANDWIDTH = (
    "% of bandwidth: of the bytes a time step would read and write at least if no cache kept anything from one to the "
    "next. Forward: the present recurrent weights once. Train: these twice (W, W^T), their gradient once per training "
    "step, and the states of all trials twice. Above 100 %, caches kept them."
)


def start(name, build, threads):
    if name == "onednn":
        return start_onednn(build, threads)
    if not name.startswith("mrnn"):
        return start_peer(name, "cpu", threads)
    return start_mrnn(name, build, threads, *(["--recompute"] if "recompute" in name else []))


def machine(build):
    found = json.loads(subprocess.check_output([build / "tests/benchmarks/compare_machine"], text=True))
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    return found | {"model": model}


def watcher(build):
    """Answers each `rate` with what the slowest core does now."""
    watching = Engine("watch", [build / "tests/benchmarks/compare_machine", "--watch"], environment(1))
    watching.receive()
    return watching


def best(first, second):
    """Of what was measured of the machine twice: others that use it make it look slower, nothing makes it faster."""
    rates = ("flops_one", "flops_all", "bytes_one", "bytes_all")
    return first | {rate: max(first[rate], second[rate]) for rate in rates}


def parts(limits, timings, absent, not_run):
    """Of comparison.md."""
    header = (
        f"{limits['model']}, {limits['threads']} threads: {limits['flops_one'] / 1e9:.0f} GFLOP/s on one, "
        f"{limits['flops_all'] / 1e9:.0f} on all; {limits['bytes_all'] / 1e9:.1f} GB/s read."
    )
    columns = [*bandwidth_columns(limits["bytes_all"]), Column("threads", lambda t: str(t.threads))]
    columns.append(Column("rounds", lambda t: f"{len(t.train)}" + ("" if t.calm else ", disturbed")))
    found = [header, overview(timings), *means(timings), BANDWIDTH]
    found += [table(timings, columns, "FMA peak", limits["flops_all"]), *not_measured(timings)]
    found += [f"Absent: {labelled(name)} ({why})." for name, why in absent.items()]
    if not_run:
        found.append(f"Not run, {len(not_run)} in all: {', '.join(case.name for case in not_run)}.")
    return found


def run(comparison, chosen, timings, watch, save):
    """Adds to the timings; returns the cases that were not run."""
    done = {timing.case.name for timing in timings}
    left = [case for case in chosen if case.name not in done]
    missed = []
    while left and watch.left() > 0.0:
        try:
            timings += comparison.run(left[0], watch)
        except NoTime as why:
            print(f"{left[0].name:>22}  not run: {why}", flush=True)
            missed.append(left[0])
        except KeyboardInterrupt:
            print("interrupted", flush=True)
            break
        left.pop(0)
        save(missed + left)
    return missed + left


def read_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--output", type=Path, default=Path("benchmarks"))
    parser.add_argument("--rounds", type=int, default=7, help="at most; fewer where a case takes long")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--headline", action="store_true", help="the four cases of the goals only")
    which.add_argument("--matrix", action="store_true", help="all networks, trials and steps, with noise and without")
    which.add_argument("--cases", nargs="*", type=cases.Case.parse, help="others, such as N256_d1_B64_T500_quiet")
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=ENGINES)
    parser.add_argument("--budget", type=float, default=float("inf"), metavar="MINUTES", help="for all cases")
    parser.add_argument(
        "--longest", type=float, default=60.0, metavar="SECONDS", help="an engine is left out where a step takes more"
    )
    parser.add_argument(
        "--patience", type=float, default=180.0, metavar="SECONDS", help="to wait in a case until nobody else computes"
    )
    parser.add_argument("--resume", action="store_true", help="not the cases that comparison.csv has already")
    return parser.parse_args(arguments)


def main(arguments=None):
    options = read_options(arguments)
    chosen = options.cases or (cases.HEADLINE if options.headline else cases.HEADLINE + cases.MORE)
    if options.matrix:
        chosen = cases.matrix()
    watch = Stopwatch(60.0 * options.budget)
    limits, limits_file = machine(options.build), options.output / "machine.json"
    print(limits)
    timings = read_csv(options.output / "comparison.csv") if options.resume else []
    if timings and limits_file.exists():
        limits = best(limits, json.loads(limits_file.read_text()))
    options.output.mkdir(parents=True, exist_ok=True)
    limits_file.write_text(json.dumps(limits))
    pace = Pace(lambda: watcher(options.build), options.patience)
    with tempfile.TemporaryDirectory() as place:
        comparison = Comparison(
            lambda name, threads: start(name, options.build, threads),
            options.engines,
            len(os.sched_getaffinity(0)),
            place,
            options.rounds,
            options.longest,
            pace,
        )
        text = lambda not_run: parts(limits, timings, comparison.absent, not_run)  # noqa: E731
        save = lambda not_run: write_tables(options.output, timings, text(not_run))  # noqa: E731
        not_run = run(comparison, chosen, timings, watch, save)
    pace.close()
    limits = best(limits, machine(options.build))
    limits_file.write_text(json.dumps(limits))
    write_report(options.output, timings, text(not_run))


if __name__ == "__main__":
    main()
