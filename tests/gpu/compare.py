"""Times mrnn and every peer that can be imported on one NVIDIA GPU, interleaved, on the same weights and trials.

    cmake -S . -B build -DMRNN_CUDA=ON -DMRNN_BENCHMARKS=ON && cmake --build build
    PYTHONPATH=mRNNTorch/src python3 tests/gpu/compare.py --build build --output gpu-benchmarks

Every engine is a process (tests/benchmarks/compare: engine.cpp, torch_peers.py, jax_peers.py). All single precision,
without TF32 but for the row of mrnn that is called so, noise on, random data. Before any time of an engine counts, its
activity at the last step and its gradients without noise are compared with a reference in double precision. A forward
pass finds the batch on the device and leaves outputs of all steps there; a training step brings a batch to the device,
and is forward, backward and Adam. Engines prepare (compile, capture, warm up) side by side; then each is timed alone, in
turn, round after round, the device being waited for before and after. Times are medians.

The whole table keeps to --budget: slow peers get fewer rounds, two at least, and PyTorch's eager ones fewer time steps
where two rounds of all would take too long, which the table then says. An engine that fails is reported and left out.
Writes comparison.csv, comparison.md and comparison.png; the exit status is 1 where mrnn was not measured in every case.
"""

import argparse
import datetime
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks/compare"))

import cases  # noqa: E402
from engines import Absent, Stopwatch, Timing, compare, description, start_mrnn, start_peer  # noqa: E402
from report import Column, labelled, means, table, write_report  # noqa: E402

PRODUCTS = {"mrnn": "ieee", "mrnn_bf16x3": "bf16x3", "mrnn_tf32": "tf32"}  # of mrnn
# For other products than IEEE: smaller networks gain nothing from tensor cores, and up to 1,024 units mrnn takes bf16x3
# where it is asked for tf32.
FEWEST_UNITS = {"mrnn_bf16x3": 512, "mrnn_tf32": 1024}
ENGINES = [*PRODUCTS, "published", "well", "graph", "compiled", "compiled_graph", "jax", "jax_unrolled", "nn_rnn"]
# The time steps of these are launched one by one. mRNNTorch as published takes longer per step the more steps there
# are, so fewer favour it.
CAN_BE_SHORTENED = {"published", "well", "compiled"}
COMPILED = {"compiled", "compiled_graph", "jax", "jax_unrolled"}
FEWEST_STEPS = 20
LONGEST_START = 120.0  # seconds, until all have read their libraries
LONGEST_PREPARATION = 60.0  # seconds, compilation among them
LEAST_PATIENCE = 20.0  # seconds
SLOWEST_ANSWER = 30.0  # seconds
SHORTEST_CASE = 5.0  # seconds that a case cannot do without
ONE_TIMING = 0.08  # seconds that a single step is repeated for, where it takes less


class Team:
    """The processes of the engines. One that fails is started again, once; then it is left out."""

    def __init__(self, names, start):
        self.start = start
        self.engines, self.described = {}, {}
        self.absent, self.notes = {}, []
        self.starting, self.failures = set(), dict.fromkeys(names, 0)
        self.preparation = {}  # seconds that opening, checking and warming up took in the last case
        for name in names:
            self.launch(name)

    def launch(self, name):
        try:
            self.engines[name] = self.start(name)
            self.starting.add(name)
        except OSError as why:
            self.absent[name] = str(why)

    def wait_for_starting(self, limit):
        watch = Stopwatch(limit)
        for name in sorted(self.starting):
            self.starting.discard(name)
            try:
                self.engines[name].receive(watch.left())
                if name not in PRODUCTS:  # mrnn has no device before it has a case
                    self.described[name] = description(self.engines[name])
            except (Absent, ValueError) as why:
                print(f"{name} is absent: {why}", flush=True)
                self.absent[name] = str(why)
                self.engines.pop(name).stop()

    def fail(self, name, case, why):
        print(f"{case.name:>22}  {name}: {why}", flush=True)
        self.notes.append(f"{case.name}, {labelled(name)}: {why}.")
        self.engines.pop(name).stop()
        self.failures[name] += 1
        # mrnn is tried in every case. A peer that fails twice, or whose compiler takes too long, would only take time
        # from the others.
        hopeless = self.failures[name] > 1 or (name in COMPILED and "no answer" in str(why))
        if hopeless and name not in ("mrnn", "reference"):
            self.absent[name] = str(why)
        else:
            self.launch(name)

    @contextmanager
    def trying(self, name, case):
        """What is done with an engine within this ends where the engine fails."""
        try:
            yield
        except (Absent, ValueError, OSError) as why:
            self.fail(name, case, why)

    def together(self, names, case, watch, words):
        """Gives each engine its command, waits for all of them, returns the names of those that answered."""
        begun = time.monotonic()
        waiting, done = {}, set()
        for name in names:
            with self.trying(name, case):
                self.engines[name].send(*words(name))
                waiting[self.engines[name].process.stdout] = name
        limit = max(watch.left(), LEAST_PATIENCE)
        phase = Stopwatch(limit)
        while waiting:
            ready = select.select(list(waiting), [], [], max(phase.left(), 0.01))[0]
            for name in [waiting.pop(pipe) for pipe in ready]:
                self.preparation[name] = self.preparation.get(name, 0.0) + time.monotonic() - begun
                with self.trying(name, case):
                    self.engines[name].receive()
                    done.add(name)
            if not ready:
                for name in waiting.values():
                    self.fail(name, case, f"no answer within {limit:.0f} s")
                break
        return [name for name in names if name in done]

    def stop(self):
        for engine in self.engines.values():
            try:
                engine.process.stdin.close()
            except OSError:
                pass
        for engine in self.engines.values():
            engine.stop()


class Run:
    """One engine in one case, timed round after round."""

    def __init__(self, engine, timing):
        self.engine, self.timing = engine, timing
        self.once = {}  # seconds of one step, of one pass
        self.spent = 0.0

    def warm_up(self):
        """Once more alone, since the first time ran beside other engines."""
        self.once = {action: self.engine.seconds(action, 1, SLOWEST_ANSWER) for action in ("train", "forward")}

    @property
    def round_seconds(self):
        return sum(max(ONE_TIMING, seconds) for seconds in self.once.values())

    def shorten(self, folder, seconds):
        """Takes fewer time steps, so that a round takes so many seconds."""
        whole = self.timing.case.steps
        steps = max(FEWEST_STEPS, int(whole * seconds / sum(self.once.values())))
        if steps < 0.8 * whole:
            self.engine.ask("open", folder, steps, limit=SLOWEST_ANSWER)
            self.timing.steps = steps
            self.warm_up()
            self.warm_up()

    def measure(self):
        for action, seconds in self.once.items():
            count = max(1, round(ONE_TIMING / max(seconds, 1e-9)))
            taken = self.engine.seconds(action, count, SLOWEST_ANSWER)
            getattr(self.timing, action).append(taken)
            self.spent += taken * count


def wanted(case, names):
    """nn.RNN is an Elman network without noise; the published one is leaky. Tensor cores are for large networks."""
    absent = {"published" if case.elman else "nn_rnn"}
    absent |= {name for name, fewest in FEWEST_UNITS.items() if case.units < fewest}
    return [name for name in names if name not in absent]


def prepare(case, folder, team, names, watch):
    """Opens the case in all engines at once, checks them against the reference and warms them up; runs by name."""
    team.preparation = {}
    file = lambda name: folder / f"{name}.gate"  # noqa: E731
    alive = team.together([*names, "reference"], case, watch, lambda name: ("open", folder))
    alive = team.together(alive, case, watch, lambda name: ("gate", file(name)))
    if "reference" not in alive:
        raise Absent("the reference failed")
    reference = np.fromfile(file("reference"))
    runs = {}
    for name in alive:
        if name != "reference":
            with team.trying(name, case):
                errors = compare(case, np.fromfile(file(name)), reference)
                errors.check(name, labelled(name))
                runs[name] = Run(team.engines[name], Timing(case, name, errors=errors))
    alive = team.together(list(runs), case, watch, lambda name: ("train", 1))
    alive = team.together(alive, case, watch, lambda name: ("forward", 1))
    for name in alive:
        with team.trying(name, case):
            runs[name].timing.memory = int(runs[name].engine.ask("memory", limit=SLOWEST_ANSWER))
    return {name: runs[name] for name in alive if team.engines.get(name) is runs[name].engine}


def measure(case, team, names, seconds, rounds):
    """Timings of a case, in so many seconds if that can be done."""
    watch = Stopwatch(seconds)
    if "reference" not in team.engines:
        raise Absent(f"there is no reference to check against: {team.absent.get('reference')}")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        cases.write(case, folder)
        runs = prepare(case, folder, team, names, Stopwatch(min(LONGEST_PREPARATION, max(20.0, 2 * seconds))))

        def each(chosen, work):
            for name in chosen:
                with team.trying(name, case):
                    work(runs[name])
                    continue
                del runs[name]

        each(list(runs), Run.warm_up)
        allowance = max(watch.left(), 0.3 * seconds) / max(1, len(runs))
        slow = [n for n, run in runs.items() if n in CAN_BE_SHORTENED and 2 * run.round_seconds > allowance]
        each(slow, lambda run: run.shorten(folder, allowance / 2))
        for number in range(rounds):
            due = [n for n, run in runs.items() if number < 2 or run.spent + run.round_seconds < allowance]
            each(due, Run.measure)
        if "mrnn" in runs and "mrnn" not in team.described:
            with team.trying("mrnn", case):
                team.described["mrnn"] = description(runs["mrnn"].engine)
    for run in runs.values():
        print(run.timing, flush=True)
    return [run.timing for run in runs.values()]


def query(*fields):
    """Of the first GPU, by nvidia-smi; empty texts where there is none."""
    command = ["nvidia-smi", "--query-gpu=" + ",".join(fields), "--format=csv,noheader,nounits", "--id=0"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.split("\n")[0]
    except (OSError, subprocess.SubprocessError):
        return [""] * len(fields)
    return [text.strip() for text in answer.split(",")]


def peak_flops(described, clock):
    """Single-precision multiply-adds of all lanes at the highest clock, counted twice; NaN where it is not known."""
    torch = next((d for d in described.values() if "processors" in d), None)
    if torch is None or not clock.replace(".", "").isdigit():
        return float("nan")
    lanes = 64 if tuple(torch["capability"]) in ((7, 0), (7, 5), (8, 0)) else 128
    return torch["processors"] * lanes * 2.0 * float(clock) * 1e6


def report(options, team, timings, missed):
    name, driver, clock = query("name", "driver_version", "clocks.max.sm")
    versions = {}
    for described in team.described.values():
        versions |= {k: v for k, v in described.items() if k not in ("processors", "capability")}
    peak = peak_flops(team.described, clock)
    header = f"{name or options.device}, driver {driver or 'unknown'}, {datetime.date.today().isoformat()}; "
    header += "; ".join(f"{key} {value}" for key, value in versions.items()) + "."
    if np.isfinite(peak):
        header += f" Float32 peak {peak / 1e12:.1f} TFLOP/s at {clock} MHz."
    columns = [
        Column("error, activity", lambda t: f"{t.errors.activity:.0e}"),
        Column("error, gradient", lambda t: f"{t.errors.gradient:.0e}"),
    ]
    parts = [header, table(timings, columns, "peak", peak), *means(timings)]
    if any(t.steps for t in timings):
        parts.append(
            "Where a T is given, the engine ran only so many time steps of each trial, to save time. As published, "
            "mRNNTorch takes longer per step the more steps there are: fewer favour it."
        )
    absent = {name: why for name, why in team.absent.items() if name != "reference"}
    parts += [f"Absent: {labelled(name)} ({why})." for name, why in absent.items()]
    parts += [f"Not measured: {note}" for note in [*team.notes, *missed]]
    write_report(options.output, timings, parts)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--output", type=Path, default=Path("gpu-benchmarks"))
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda", help="of the peers")
    parser.add_argument("--backend", default="cuda", help="of mrnn")
    parser.add_argument("--libraries", type=Path, help="shared libraries that mrnn needs and the system lacks")
    parser.add_argument("--budget", type=float, default=240.0, help="seconds for the whole table")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--cases", nargs="*", type=cases.Case.parse, default=cases.GPU, help="such as N256_d1_B64_T1000"
    )
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=ENGINES)
    return parser.parse_args()


def main():
    options = read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the engines are stopped
    watch = Stopwatch(options.budget)
    threads = 1 if options.device == "cpu" else min(4, len(os.sched_getaffinity(0)))
    start_peers = lambda name: start_peer(name, options.device, threads)  # noqa: E731
    start_mrnn_here = lambda name: start_mrnn(  # noqa: E731
        name,
        options.build,
        threads,
        "--backend",
        options.backend,
        libraries=options.libraries,
        products=PRODUCTS[name],
    )
    names = [name for name in options.engines if any(name in wanted(case, [name]) for case in options.cases)]
    team = Team([*names, "reference"], lambda name: (start_mrnn_here if name in PRODUCTS else start_peers)(name))
    timings, missed = [], []
    try:
        for number, case in enumerate(options.cases):
            if watch.left() < SHORTEST_CASE:
                missed.append(f"{case.name}: the budget of {options.budget:.0f} s was spent.")
                continue
            team.wait_for_starting(min(LONGEST_START, watch.left()))
            present = wanted(case, [name for name in names if name in team.engines])
            share = watch.left() / (len(options.cases) - number)
            for name in [n for n in present if n in COMPILED and team.preparation.pop(n, 0.0) > 0.8 * share]:
                present.remove(name)
                missed.append(f"{case.name}, {labelled(name)}: compiling took too long in the case before.")
            try:
                timings += measure(case, team, present, share, options.rounds)
            except Absent as why:
                missed.append(f"{case.name}: {why}.")
    finally:
        team.stop()
        report(options, team, timings, missed)
    measured = {t.case for t in timings if t.engine == "mrnn"}
    return 0 if measured == set(options.cases) else 1


if __name__ == "__main__":
    sys.exit(main())
