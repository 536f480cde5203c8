"""The table and the figure of a comparison."""

from math import exp, log

LABELS = {
    "mrnn": "mrnn",
    "mrnn recompute": "mrnn, recomputing",
    "published": "mRNNTorch as published",
    "well": "PyTorch, written well",
    "compiled": "PyTorch, step compiled",
    "nn_rnn": "torch.nn.RNN",
    "products": "products alone (PyTorch)",
}
COLOURS = {
    "mrnn": "#0072B2",
    "mrnn recompute": "#56B4E9",
    "published": "#D55E00",
    "well": "#009E73",
    "compiled": "#CC79A7",
    "nn_rnn": "#E69F00",
    "products": "#999999",
}


def geometric_mean(values):
    return exp(sum(map(log, values)) / len(values))


def by_case(timings):
    found = {}
    for timing in timings:
        found.setdefault(timing.case, {})[timing.engine] = timing
    return found


def table(timings, limits, absent):
    lines = [
        f"{limits['model']}, {limits['threads']} threads: {limits['flops_one'] / 1e9:.0f} GFLOP/s on one, "
        f"{limits['flops_all'] / 1e9:.0f} on all; {limits['bytes_all'] / 1e9:.1f} GB/s read.",
        "",
        "| case | engine | threads | train, us/step | ratio | forward, us/step | ratio | peak MiB | % of FMA peak |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for case, engines in by_case(timings).items():
        ours = engines.get("mrnn")
        for name, t in engines.items():
            train, forward = t.per_step("train"), t.per_step("forward")
            share = 3.0 * case.flops_forward / (train * 1e-6) / limits["flops_all"]
            ratios = [f"{x / ours.per_step(a):.1f}" if ours else "" for x, a in ((train, "train"), (forward, "forward"))]
            lines.append(
                f"| {case.name} | {LABELS[name]} | {t.threads} | {train:.1f} | {ratios[0]} | {forward:.1f} | {ratios[1]} "
                f"| {t.memory / 2**20:.0f} | {100 * share:.0f} |"
            )
    for name in ("published", "well", "compiled"):
        pairs = [e for c, e in by_case(timings).items() if name in e and "mrnn" in e]
        if pairs:
            ratio = geometric_mean([e[name].per_step("train") / e["mrnn"].per_step("train") for e in pairs])
            lines.append(f"\nGeometric mean over {len(pairs)} cases, training: {ratio:.1f} times {LABELS[name]}.")
    lines += [f"\nAbsent: {LABELS[name]} ({why})." for name, why in absent.items()]
    return "\n".join(lines) + "\n"


def figure(timings, file):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    found = by_case(timings)
    names = [name for name in LABELS if any(name in engines for engines in found.values())]
    fig, axes = plt.subplots(figsize=(10, 0.5 + 0.13 * len(found) * (len(names) + 1)))
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
    axes.set_yticks(places, labels)
    axes.invert_yaxis()
    axes.set_xlabel("training step, microseconds per time step")
    axes.legend([plt.Rectangle((0, 0), 1, 1, color=COLOURS[n]) for n in names], [LABELS[n] for n in names], fontsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    fig.tight_layout()
    fig.savefig(file, dpi=150)


def write_report(folder, timings, limits, absent):
    text = table(timings, limits, absent)
    (folder / "comparison.md").write_text(text)
    print(text)
    try:
        figure(timings, folder / "comparison.png")
    except ImportError:
        print("no figure: matplotlib is absent")
