"""Times mrnn on a network far too large for one matrix: many regions, each with few sources.

    venv/bin/python tests/benchmarks/compare/large.py --build build --output benchmarks

100 regions of 200 units by default; each region reads itself and one other, so that 2 % of the pairs are connected. No
peer is timed: N x N weights, their gradient and two moments in single precision are 6.4 GB before the first step.
Prints how long the network takes to be built, microseconds per time step, peak memory, and the floor: the multiply-adds
of the blocks that exist at the machine's measured peak, or their weights read once forwards and once backwards at its
measured bandwidth, whichever takes longer. Writes large.md.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

from engines import start_mrnn

INPUTS = OUTPUTS = 3


def write_case(options, folder):
    random = np.random.default_rng(1)
    shape = (options.trials, options.steps)
    with h5py.File(folder / "case.h5", "w") as file:
        file.attrs["format_version"] = 1
        file["trials/inputs"] = random.uniform(size=(*shape, INPUTS))
        file["trials/targets"] = random.uniform(size=(*shape, OUTPUTS))
    lines = [
        'experiment = { name = "large", seed = 1 }',
        'backend = { precision = "float32" }',
        "network = { dt = 10.0, tau = 100.0, noise = { recurrent = 0.05, input = 0.05 } }",
        'task = { plugin = "dataset", file = "case.h5", group = "trials", shuffle = false }',
        f'simulation = [{{ name = "batch", trials = {options.trials} }}]',
        f'input = [{{ name = "cue", units = {INPUTS} }}]',
        f'output = [{{ name = "out", units = {OUTPUTS} }}]',
    ]
    for k in range(options.regions):
        lines += ["[[region]]", f'name = "r{k}"', f"units = {options.units}"]
    deviation = 0.9 / np.sqrt(options.sources * options.units)  # a spectral radius of about 0.9
    init = f'init = {{ distribution = "normal", standard_deviation = {deviation} }}'
    for k in range(options.regions):
        others = random.permutation([j for j in range(options.regions) if j != k])[: options.sources - 1]
        for j in [k, *others]:
            lines += ["[[connection]]", f'from = "r{j}"', f'to = "r{k}"', init]
        lines += ["[[connection]]", 'from = "cue"', f'to = "r{k}"']
    (folder / "case.toml").write_text("\n".join(lines) + "\n")


def measure(options, threads):
    """Seconds to build, seconds a step of each round by action, bytes at the peak."""
    with tempfile.TemporaryDirectory() as name:
        write_case(options, Path(name))
        engine = start_mrnn("mrnn", options.build, threads, *(["--recompute"] if options.recompute else []))
        engine.receive()
        start = time.perf_counter()
        engine.ask("open", name)
        built = time.perf_counter() - start
        found = {"train": [], "forward": []}
        for action in found:
            engine.seconds(action)
        for _ in range(options.rounds):
            for action, times in found.items():
                times.append(engine.seconds(action))
        memory = int(engine.ask("memory"))
        engine.close()
    return built, found, memory


def floor(options, limits, passes):
    """Microseconds per time step. @param passes  1 forwards, 3 for a step of training"""
    weights = options.regions * options.sources * options.units**2
    work = passes * 2.0 * weights * options.trials / limits["flops_all"]
    reading = min(passes, 2) * 4.0 * weights / limits["bytes_all"]
    return max(work, reading) * 1e6


def report(options, limits, built, found, memory):
    units = options.regions * options.units
    title = (
        f"{options.regions} regions of {options.units} units ({units} together), {options.sources} sources each, "
        f"{options.trials} trials of {options.steps} steps, noise on, single precision"
        f"{', recomputing' if options.recompute else ''}: built in {built:.1f} s, {memory / 1e6:.0f} MB at the peak."
    )
    lines = [title, "", "| | us/step | floor, us/step | ratio |", "|---|---|---|---|"]
    for action, passes in (("train", 3), ("forward", 1)):
        taken, least = statistics.median(found[action]) / options.steps * 1e6, floor(options, limits, passes)
        lines.append(f"| {action} | {taken:.0f} | {least:.0f} | {taken / least:.2f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--output", type=Path, default=Path("benchmarks"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--regions", type=int, default=100)
    parser.add_argument("--units", type=int, default=200, help="of a region")
    parser.add_argument("--sources", type=int, default=2, help="of a region, itself included")
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--recompute", action="store_true")
    options = parser.parse_args()
    limits = json.loads(subprocess.check_output([options.build / "tests/benchmarks/compare_machine"], text=True))
    text = report(options, limits, *measure(options, limits["threads"]))
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "large.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
