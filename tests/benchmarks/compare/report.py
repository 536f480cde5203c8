"""The table, the figure and the CSV file of a comparison."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from math import exp, isfinite, log

LABELS = {
    "mrnn": "mrnn",
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
    found = {}
    for timing in timings:
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


def figure(timings, file):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib import ticker

    found = by_case(timings)
    names = [name for name in LABELS if any(name in engines for engines in found.values())]
    fig, axes = plt.subplots(figsize=(10, 0.9 + 0.13 * len(found) * (len(names) + 1)))
    places, labels = [], []
    y = 0.0
    for case, engines in found.items():
        start = y
        for name in names:
            if name not in engines:
                continue
            axes.barh(y, engines[name].per_step("train"), 0.8, color=COLOURS[name])
            y += 1
        places.append((start + y - 1) / 2)
        labels.append(case.name.replace("_", " "))
        y += 1
    axes.set_xscale("log")
    axes.set_xlim(left=min(t.per_step("train") for t in timings) / 3)
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    axes.set_yticks(places, labels)
    axes.set_ylim(y - 0.5, -1.0)  # the first case on top
    axes.set_xlabel("training step, microseconds per time step")
    keys = [plt.Rectangle((0, 0), 1, 1, color=COLOURS[n]) for n in names]
    beside = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "frameon": False}
    axes.legend(keys, [LABELS[n] for n in names], fontsize=8, **beside)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    fig.tight_layout()
    fig.savefig(file, dpi=150)


CSV_COLUMNS = (
    "case engine threads steps train_us_per_step forward_us_per_step peak_bytes error_activity error_gradient rounds "
    "train_us_per_step_least train_us_per_step_most"
)


def write_csv(file, timings):
    with open(file, "w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(CSV_COLUMNS.split())
        for t in timings:
            steps = t.steps or t.case.steps
            spread = [times / steps * 1e6 for times in (min(t.train), max(t.train))] if t.train else ["", ""]
            rows.writerow(
                [t.case.name, t.engine, t.threads, steps, t.per_step("train"), t.per_step("forward"), t.memory]
                + [t.errors.activity, t.errors.gradient, len(t.train), *spread]
            )


def write_report(folder, timings, parts):
    """@param parts  of comparison.md, one after the other"""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "comparison.csv", timings)
    text = "\n\n".join(parts) + "\n"
    (folder / "comparison.md").write_text(text)
    print(text)
    try:
        figure(timings, folder / "comparison.png")
    except Exception as error:
        print(f"no figure: {error}")
