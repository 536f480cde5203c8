"""The figures of a comparison: bars for a few cases, a panel for each network where there are many."""

from collections import Counter

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib import ticker  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402

from report import COLOURS, LABELS, by_case, ratio  # noqa: E402

MOST_BARS = 12  # cases
COLUMNS = 4  # of panels


def figure(timings, file):
    found = by_case(timings)
    fig = panels(found) if len(found) > MOST_BARS and plane(found)[0] else bars(found)
    fig.savefig(file, dpi=150)
    plt.close(fig)


def engines_of(found):
    return [name for name in LABELS if any(name in engines for engines in found.values())]


def plain_numbers(axis):
    axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    axis.set_minor_formatter(ticker.NullFormatter())


def without_frame(axes):
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def keys_of(names, place, at):
    keys = [Rectangle((0, 0), 1, 1, color=COLOURS[name]) for name in names]
    beside = {"loc": "center left", "bbox_to_anchor": at, "frameon": False}
    place.legend(keys, [LABELS[name] for name in names], fontsize=8, **beside)


def bars(found):
    """A group for each case."""
    names = engines_of(found)
    fig, axes = plt.subplots(figsize=(10, 0.9 + 0.13 * len(found) * (len(names) + 1)))
    places, labels, times = [], [], []
    y = 0.0
    for case, engines in found.items():
        start = y
        for name in names:
            if name not in engines:
                continue
            times.append(engines[name].per_step("train"))
            axes.barh(y, times[-1], 0.8, color=COLOURS[name])
            y += 1
        places.append((start + y - 1) / 2)
        labels.append(case.name.replace("_", " "))
        y += 1
    axes.set_xscale("log")
    axes.set_xlim(left=min(times) / 3)
    plain_numbers(axes.xaxis)
    axes.set_yticks(places, labels)
    axes.set_ylim(y - 0.5, -1.0)  # the first case on top
    axes.set_xlabel("training step, microseconds per time step")
    without_frame(axes)
    keys_of(names, axes, (1.0, 0.5))
    fig.tight_layout()
    return fig


def plane(found):
    """Cases that differ in network and trials alone: of 500 steps, with noise, or else of the most common kind. Elman
    networks have no noise anyway."""
    kinds = Counter((case.steps, case.quiet) for case in found if not case.elman) or Counter({(500, False): 1})
    steps, quiet = (500, False) if (500, False) in kinds else kinds.most_common(1)[0][0]
    shown = {
        case: engines
        for case, engines in found.items()
        if case.steps == steps and (case.elman or case.quiet == quiet) and "mrnn" in engines
    }
    return shown, f"trials (T = {steps}, noise {'off' if quiet else 'on'}); in blue what mrnn takes, us per time step"


def panels(found):
    """How many times as long as mrnn each engine takes, over the number of trials: a panel for each network."""
    shown, title = plane(found)
    names = engines_of(shown)
    networks = sorted({(case.elman, case.units, case.network) for case in shown})
    trials = sorted({case.trials for case in shown})
    columns = min(COLUMNS, len(networks))
    rows = -(-len(networks) // columns)
    size = (2.3 * columns + 2.0, 2.5 * rows + 0.4)
    fig, grid = plt.subplots(rows, columns, figsize=size, sharex=True, sharey=True, squeeze=False, layout="constrained")
    for axes, (_, _, network) in zip(grid.flat, networks, strict=False):
        here = {case.trials: engines for case, engines in shown.items() if case.network == network}
        panel(axes, here, trials, names)
        axes.set_title(network.replace("_", " "), fontsize=10)
    for axes in grid.flat[len(networks) :]:
        axes.set_visible(False)
    grid[0, 0].set_yscale("log")
    plain_numbers(grid[0, 0].yaxis)
    least = min(axes.dataLim.ymin for axes in grid.flat[: len(networks)])
    grid[0, 0].set_ylim(bottom=0.5 * least)  # room for what mrnn takes
    fig.supxlabel(title, fontsize=10)
    fig.supylabel("training step, times as long as mrnn", fontsize=10)
    keys_of(names, grid[0, -1], (1.0, 0.5))
    return fig


def panel(axes, found, trials, names):
    """@param found  engines by the number of trials    @param trials  of all panels"""
    for name in names:
        points = [(trials.index(count), ratio(found[count], name, "train")) for count in sorted(found)]
        axes.plot(*zip(*points, strict=True), "o-", color=COLOURS[name], markersize=3.5, linewidth=1.2)
    for count, engines in found.items():
        taken = engines["mrnn"].per_step("train")
        text = f"{taken:,.0f}" if taken >= 100 else f"{taken:.3g}"
        place = {"xy": (trials.index(count), 0.02), "xycoords": ("data", "axes fraction"), "ha": "center"}
        axes.annotate(text, fontsize=7.5, color=COLOURS["mrnn"], **place)
    axes.set_xticks(range(len(trials)), trials)
    axes.set_xlim(-0.4, len(trials) - 0.6)
    axes.tick_params(labelsize=8)
    without_frame(axes)
