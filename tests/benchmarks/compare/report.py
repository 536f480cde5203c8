"""The tables, the figures and the CSV file of a comparison.

Shares of the machine's bandwidth count the bytes that a time step would read and write at least if no cache kept
weights or states from one time step to the next, in single precision. Forward: the recurrent weights of the blocks that
are present, read once. Training: these twice, as W and as W^T; their gradient, written once per training step; and the
state of every unit and trial, written forwards and read backwards. The bytes are the same for every engine, as are the
multiply-adds. More than 100 % tells that caches held what was counted; where both shares are small, the engine waits
for something else.
"""

import csv
import os
from collections.abc import Callable
from dataclasses import dataclass
from math import exp, isfinite, log

import cases
from engines import Errors, Timing

LABELS = {
    "mrnn": "mrnn",
    "mrnn_bf16x3": "mrnn, bf16x3",
    "mrnn_tf32": "mrnn, tf32",
    "mrnn recompute": "mrnn, recomputing",
    "published": "mRNNTorch as published",
    "well": "PyTorch, written well",
    "compiled": "PyTorch, step compiled",
    "graph": "PyTorch, CUDA graph",
    "compiled_graph": "PyTorch, compiled, CUDA graph",
    "jax": "JAX scan",
    "jax_unrolled": "JAX scan, unrolled by 8",
    "nn_rnn": "torch.nn.RNN",
    "onednn": "oneDNN RNN",
    "products": "products alone (PyTorch)",
}
COLOURS = {
    "mrnn": "#0072B2",
    "mrnn_bf16x3": "#004B73",
    "mrnn_tf32": "#88CCEE",
    "mrnn recompute": "#56B4E9",
    "published": "#D55E00",
    "well": "#009E73",
    "compiled": "#CC79A7",
    "graph": "#F0E442",
    "compiled_graph": "#B8A000",
    "jax": "#000000",
    "jax_unrolled": "#666666",
    "nn_rnn": "#E69F00",
    "onednn": "#7F3C8D",
    "products": "#BBBBBB",
}


@dataclass
class Column:
    """One more column of the table."""

    title: str
    text: Callable  # of a timing


def labelled(name, timing=None):
    """A shortened run says how many steps it took."""
    label = LABELS.get(name, name)
    return f"{label} (T = {timing.steps})" if timing and timing.steps else label


def geometric_mean(values):
    return exp(sum(map(log, values)) / len(values))


def by_case(timings):
    """Those that were measured."""
    found = {}
    for timing in timings:
        if timing.train:
            found.setdefault(timing.case, {})[timing.engine] = timing
    return found


def ratio(engines, name, action):
    """How many times as long as mrnn it takes; NaN where either was not measured."""
    if "mrnn" not in engines or name not in engines:
        return float("nan")
    return engines[name].per_step(action) / engines["mrnn"].per_step(action)


def number(value, form=".1f"):
    return format(value, form) if isfinite(value) else ""


def significant(value):
    """Three digits at least, without an exponent."""
    return number(value, ".0f" if value >= 1000 else ".1f" if value >= 100 else ".2f")


def bytes_per_step(case, action):
    weights, states = 4.0 * case.units**2 * cases.present_share(case), 4.0 * case.units * case.trials
    return weights if action == "forward" else (2.0 + 1.0 / case.steps) * weights + 2.0 * states


def bandwidth_columns(rate):
    """@param rate  bytes a second that the machine reads"""

    def column(action, title):
        share = lambda t: bytes_per_step(t.case, action) / (t.per_step(action) * 1e-6) / rate  # noqa: E731
        return Column(title, lambda t: number(100 * share(t)))

    return [column("train", "% of bandwidth, train"), column("forward", "% of bandwidth, forward")]


def overview(timings):
    """A row for each case: what mrnn takes to train, and what others take, with how many times as long that is."""
    found = by_case(timings)
    names = [name for name in LABELS if any(name in engines for engines in found.values())]
    titles = ["train, us/step", *(labelled(name) for name in names)]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for case, engines in found.items():
        cells = [case.name]
        for name in names:
            text = significant(engines[name].per_step("train")) if name in engines else ""
            times = number(ratio(engines, name, "train")) if name != "mrnn" else ""
            cells.append(f"{text}, {times}x" if times else text)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def table(timings, columns, peak_name, peak):
    """@param columns  beyond those that every comparison has    @param peak  FLOP/s, NaN where not known"""
    titles = ["case", "engine", "train, us/step", "ratio", "forward, us/step", "ratio", "peak MiB", f"% of {peak_name}"]
    titles += [column.title for column in columns]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for case, engines in by_case(timings).items():
        for name, t in engines.items():
            train, forward = t.per_step("train"), t.per_step("forward")
            cells = [case.name, labelled(name, t)]
            cells += [significant(train), number(ratio(engines, name, "train"))]
            cells += [significant(forward), number(ratio(engines, name, "forward"))]
            cells += [f"{t.memory / 2**20:.0f}" if t.memory else ""]
            cells += [number(100 * 3.0 * case.flops_forward / (train * 1e-6) / peak, ".1f")]
            lines.append("| " + " | ".join(cells + [column.text(t) for column in columns]) + " |")
    return "\n".join(lines)


def means(timings):
    """Sentences: how many times as long as mrnn each other engine takes to train."""
    sentences = []
    for name in LABELS:
        if name in ("mrnn", "mrnn recompute", "products"):
            continue
        found = [ratio(engines, name, "train") for engines in by_case(timings).values()]
        found = [value for value in found if isfinite(value)]
        if found:
            cases = f"{len(found)} case" + ("s" if len(found) > 1 else "")
            sentences.append(
                f"{labelled(name)}: {geometric_mean(found):.1f} times as long to train, geometric mean of {cases}."
            )
    return sentences


CSV_COLUMNS = (
    "case engine threads steps train_us_per_step forward_us_per_step peak_bytes error_activity error_gradient rounds "
    "calm train_us_per_step_least train_us_per_step_most note"
).split()


def csv_row(t):
    if not t.train:
        return [t.case.name, t.engine, *[""] * (len(CSV_COLUMNS) - 3), t.note]
    steps = t.steps or t.case.steps
    least, most = (times / steps * 1e6 for times in (min(t.train), max(t.train)))
    row = [t.case.name, t.engine, t.threads, steps, t.per_step("train"), t.per_step("forward"), t.memory]
    return [*row, t.errors.activity, t.errors.gradient, len(t.train), "yes" if t.calm else "no", least, most, t.note]


def write_csv(file, timings):
    part = file.with_suffix(".part")  # so that what an earlier run wrote is never half gone
    with open(part, "w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(CSV_COLUMNS)
        rows.writerows(csv_row(t) for t in timings)
    os.replace(part, file)


def read_csv(file):
    """Timings of the same median, least, most and number of rounds; none where there is no such file."""
    if not file.exists():
        return []
    with open(file, newline="") as rows:
        return [timing_of(row) for row in csv.DictReader(rows)]


def timing_of(row):
    found = Timing(cases.Case.parse(row["case"]), row["engine"], note=row["note"])
    if not row["rounds"]:
        return found
    steps, rounds = int(row["steps"]), int(row["rounds"])
    seconds = lambda name: float(row[name]) * steps * 1e-6  # noqa: E731
    middle = [seconds("train_us_per_step")] * max(1, rounds - 2)
    ends = [seconds("train_us_per_step_least"), seconds("train_us_per_step_most")]
    found.train = ends if rounds == 2 else middle if rounds == 1 else [ends[0], *middle, ends[1]]
    found.forward = [seconds("forward_us_per_step")]
    found.threads, found.memory = int(row["threads"]), int(row["peak_bytes"])
    found.calm = row["calm"] == "yes"
    found.steps = steps if steps != found.case.steps else 0
    found.errors = Errors(float(row["error_activity"]), float(row["error_gradient"]))
    return found


def not_measured(timings):
    """A line for each case: the engines that did not run it, and why."""
    found = {}
    for t in timings:
        if t.note:
            found.setdefault(t.case.name, []).append(f"{labelled(t.engine)} ({t.note})")
    return [f"Not measured in {name}: {', '.join(engines)}." for name, engines in found.items()]


def write_tables(folder, timings, parts):
    """@param parts  of comparison.md, one after the other; returns their text"""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "comparison.csv", timings)
    text = "\n\n".join(parts) + "\n"
    (folder / "comparison.md").write_text(text)
    return text


def write_report(folder, timings, parts):
    print(write_tables(folder, timings, parts))
    try:
        from figures import figure

        figure(timings, folder / "comparison.png")
    except Exception as error:
        print(f"no figure: {error}")
