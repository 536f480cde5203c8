"""Times mrnn and every peer that can be imported, interleaved, on the same weights and trials.

    cmake -S . -B build -DMRNN_BENCHMARKS=ON && cmake --build build
    python3 -m venv venv && venv/bin/pip install torch "jax[cpu]" numpy h5py matplotlib
    venv/bin/python tests/benchmarks/compare/compare.py --build build --output benchmarks

Peers: `published` is mRNNTorch itself where it can be imported (PYTHONPATH), the others are in torch_peers.py,
jax_peers.py and onednn.cpp. Each engine is a process of its own and runs with the number of threads that is fastest for it. Before any
time is printed, its activity and gradients without noise are compared with a reference in double precision. Writes
comparison.csv, comparison.md and comparison.png. tests/gpu/compare.py does the same on a GPU.
"""

import argparse
import json
import os
import platform
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import cases
from engines import Absent, Errors, Timing, compare, start_mrnn, start_onednn, start_peer
from report import Column, labelled, means, table, write_report

ENGINES = ["mrnn", "mrnn recompute", "published", "well", "compiled", "jax", "nn_rnn", "onednn", "products"]


def start(name, build, threads):
    if name == "onednn":
        return start_onednn(build, threads)
    if not name.startswith("mrnn"):
        return start_peer(name, "cpu", threads)
    return start_mrnn(name, build, threads, *(["--recompute"] if "recompute" in name else []))


def opened(name, folder, build, threads):
    engine = start(name, build, threads)
    engine.receive()
    engine.ask("open", folder)
    return engine


def wanted(case, names):
    """nn.RNN and oneDNN's are Elman networks without noise; the published one is leaky."""
    elsewhere = {"published"} if case.elman else {"nn_rnn", "onednn"}
    return [name for name in names if name not in elsewhere]


def gated(engine):
    with tempfile.NamedTemporaryFile() as file:
        engine.ask("gate", file.name)
        return np.fromfile(file.name)


def check(case, engine, reference):
    if engine.name == "products":
        return Errors()
    errors = compare(case, gated(engine), reference)
    try:
        errors.check(engine.name)
    except Absent as why:
        raise SystemExit(str(why)) from None
    return errors


def fastest(name, case, folder, build, reference, cores):
    """The engine with the number of threads that suits it, warmed up; its seconds a step; its errors."""
    best = None
    choices = [cores] if name.startswith("mrnn") else sorted({1, cores})  # mrnn takes all cores by itself
    for threads in choices:
        engine = opened(name, folder, build, threads)
        errors = check(case, engine, reference)
        engine.seconds("train")
        engine.seconds("forward")
        seconds = min(engine.seconds("train") for _ in range(3))
        if best is None or seconds < best[1]:
            if best is not None:
                best[0].close()
            best = (engine, seconds, Timing(case, name, threads, errors=errors))
        else:
            engine.close()
    return best


def measure(case, build, names, rounds, cores, absent):
    with tempfile.TemporaryDirectory() as folder:
        cases.write(case, folder)
        engine = opened("reference", folder, build, 1)
        reference = gated(engine)
        engine.close()
        running = []
        for name in wanted(case, names):
            if name in absent:
                continue
            try:
                running.append(fastest(name, case, folder, build, reference, cores))
            except Absent as why:
                absent[name] = str(why)
                print(f"{name}: absent ({why})")
        for _ in range(rounds):
            for engine, seconds, timing in running:
                count = max(1, round(0.3 / seconds))
                timing.train.append(engine.seconds("train", count))
                timing.forward.append(engine.seconds("forward", count))
        for engine, _, timing in running:
            timing.memory = int(engine.ask("memory"))
            engine.close()
            print(timing, flush=True)
        return [timing for _, _, timing in running]


def machine(build):
    found = json.loads(subprocess.check_output([build / "tests/benchmarks/compare_machine"], text=True))
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    return found | {"model": model}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--output", type=Path, default=Path("benchmarks"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--headline", action="store_true", help="the four cases of the goals only")
    parser.add_argument("--cases", nargs="*", type=cases.Case.parse, help="others, such as N256_d1_B64_T500")
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=ENGINES)
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    absent, timings = {}, []
    limits = machine(options.build)
    print(limits)
    for case in options.cases or (cases.HEADLINE if options.headline else cases.HEADLINE + cases.MORE):
        timings += measure(case, options.build, options.engines, options.rounds, cores, absent)
    peak = max(limits["flops_all"], machine(options.build)["flops_all"])
    header = (
        f"{limits['model']}, {limits['threads']} threads: {limits['flops_one'] / 1e9:.0f} GFLOP/s on one, "
        f"{peak / 1e9:.0f} on all; {limits['bytes_all'] / 1e9:.1f} GB/s read."
    )
    parts = [header, table(timings, [Column("threads", lambda t: str(t.threads))], "FMA peak", peak), *means(timings)]
    parts += [f"Absent: {labelled(name)} ({why})." for name, why in absent.items()]
    write_report(options.output, timings, parts)


if __name__ == "__main__":
    main()
