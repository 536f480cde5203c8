"""Reads a results.h5 with h5py and checks its whole layout: read_results.py RESULTS"""

import sys

import h5py
import numpy as np


def check(condition, what):
    if not condition:
        sys.exit(f"results file: {what}")


def check_array(group, name, shape, kinds="f"):
    """An array of that shape whose type is of one of the kinds (f floating, i and u whole)."""
    check(name in group, f"{group.name}/{name} is missing")
    array = group[name]
    check(array.shape == tuple(shape), f"{array.name} has shape {array.shape}, not {tuple(shape)}")
    check(array.dtype.kind in kinds, f"{array.name} has type {array.dtype}")
    return array[()]


def check_texts(group, name, count=None):
    check(name in group, f"{group.name}/{name} is missing")
    texts = group[name].asstr()[()] if group[name].size else np.array([], dtype=object)
    check(all(isinstance(text, str) for text in texts), f"{group.name}/{name} does not read as str")
    check(count is None or len(texts) == count, f"{group.name}/{name} has {len(texts)} entries, not {count}")
    return list(texts)


def check_root(file):
    check(file.attrs["format_version"] == 1, "format_version is not 1")
    for name in ("mrnn_version", "created", "config", "backend", "precision", "products", "device"):
        check(isinstance(file.attrs[name], str), f"attribute {name} does not read as str")
    check(file.attrs["precision"] in ("float32", "float64"), "precision is neither float32 nor float64")
    check(file.attrs["products"] in ("ieee", "bf16x3", "tf32"), "products are none of ieee, bf16x3, tf32")
    check(file.attrs["threads"] >= 1, "threads are not those that the run had")
    for name in ("seed", "overrides"):
        check(name in file.attrs, f"attribute {name} is missing")
    check("[network]" in file.attrs["config"] or "[[region]]" in file.attrs["config"], "config is no configuration")


def check_parts(structure, kind, total, extra=()):
    """Names, starts and sizes of the regions, inputs or outputs, which follow one another."""
    names = check_texts(structure, kind + "_name")
    starts = check_array(structure, kind + "_start", [len(names)], "i")
    units = check_array(structure, kind + "_units", [len(names)], "i")
    for name in extra:
        check_texts(structure, f"{kind}_{name}", len(names))
    if total is not None:
        check(units.sum() == total, f"{kind}_units do not add up to {total}")
        check(list(starts) == list(np.cumsum(units) - units), f"{kind}_start does not follow {kind}_units")
    return names


def check_weights(network, structure, suffix, rows, columns):
    weights = check_array(network, "W_" + suffix, [rows, columns])
    free = check_array(network["free"], "W_" + suffix, [rows, columns])
    mask = check_array(structure, "mask_" + suffix, [rows, columns], "u")
    sign = check_array(structure, "sign_" + suffix, [rows, columns], "i")
    check(set(np.unique(mask)) <= {0, 1}, f"mask_{suffix} holds more than 0 and 1")
    check(np.array_equal(sign != 0, mask == 1), f"sign_{suffix} and mask_{suffix} disagree")
    check(np.all(weights[mask == 0] == 0), f"W_{suffix} has weights off its mask")
    check(np.all(free[mask == 0] == 0), f"free/W_{suffix} has values off its mask")
    dale = network.attrs["dale" if suffix == "rec" else "dale_input"]
    if dale == "none":
        check(np.array_equal(weights, free), f"W_{suffix} is not V")
    else:
        check(np.all(weights * sign >= 0), f"W_{suffix} breaks Dale's law")
    if dale == "clamp":
        low, high = network.attrs["bounds"]
        check(np.array_equal(weights, mask * sign * np.clip(free, low, high)), f"W_{suffix} is not M S clip(V)")
    if dale == "abs":
        check(np.array_equal(weights, mask * sign * np.abs(free)), f"W_{suffix} is not M S |V|")


def check_network(network):
    """@returns the numbers of units, inputs and outputs"""
    units, inputs, outputs = network["W_rec"].shape[0], network["W_inp"].shape[1], network["W_out"].shape[0]
    for name in ("dynamics", "activation", "dale", "dale_input"):
        check(isinstance(network.attrs[name], str), f"attribute {name} of /network does not read as str")
    check(network.attrs["dt"] > 0 and network.attrs["tau"] > 0, "dt and tau are not positive")
    structure = network["structure"]
    check_weights(network, structure, "rec", units, units)
    check_weights(network, structure, "inp", units, inputs)
    trainable = check_array(structure, "trainable_rec", [units, units], "u")
    check(np.all(trainable <= structure["mask_rec"][()]), "trainable_rec has weights off the mask")
    weights = check_array(network, "W_out", [outputs, units])
    mask = check_array(structure, "mask_out", [outputs, units], "u")
    check(np.all(weights[mask == 0] == 0), "W_out has weights off its mask")
    for name, length in (("bias", units), ("x0", units), ("tau", units), ("b_out", outputs)):
        check(np.all(np.isfinite(check_array(network, name, [length]))), f"{name} is not finite")
    regions = check_parts(structure, "region", units, ["activation"])
    check_parts(structure, "cell_type", None, ["region"])
    check(set(check_texts(structure, "cell_type_region")) <= set(regions), "a cell type is of no region")
    check_parts(structure, "input", inputs)
    check_parts(structure, "output", outputs, ["activation"])
    return units, inputs, outputs


def check_simulation(group, sizes, precision):
    units, inputs, outputs = sizes
    check(group.attrs["noise"] in ("on", "off"), f"{group.name}: noise is neither on nor off")
    check("seed" in group.attrs, f"{group.name}: seed is missing")
    trials, steps, _ = group["inputs"].shape
    check_array(group, "inputs", [trials, steps, inputs])
    recorded_steps = group["steps"][()]
    check(np.all((recorded_steps >= 0) & (recorded_steps < steps)), f"{group.name}: steps are beyond the run")
    check(np.all(np.diff(recorded_steps) == 1), f"{group.name}: steps do not follow one another")
    recorded_units = group["units"][()]
    check(np.all((recorded_units >= 0) & (recorded_units < units)), f"{group.name}: no such units")
    for name, length in (("x", len(recorded_units)), ("h", len(recorded_units)), ("y", outputs)):
        if name in group:
            values = check_array(group, name, [trials, len(recorded_steps), length])
            check(values.dtype == np.dtype(precision), f"{group.name}/{name} is not {precision}")
            check(np.all(np.isfinite(values)), f"{group.name}/{name} is not finite")
    for name, length in (("targets", outputs), ("mask", outputs), ("stimulus", units)):
        if name in group:
            check_array(group, name, [trials, steps, length])
    for name, values in group["trials"].items():
        check(values.shape == (trials,), f"{values.name} is not one value per trial")
    check(len(set(group["trials/id"][()])) == trials, f"{group.name}: trial ids are not unique")


def check_analysis(group):
    check(isinstance(group.attrs["summary"], str), f"{group.name}: summary does not read as str")

    def check_item(name, item):
        if isinstance(item, h5py.Group):
            return
        check(isinstance(item.attrs["description"], str), f"{item.name} has no description")
        if item.dtype.kind == "f":
            check(isinstance(item.attrs["units"], str), f"{item.name} has no units")
            axes = item.attrs["axes"]
            check(len(axes) in (0, item.ndim), f"{item.name} has {item.ndim} dimensions and axes {list(axes)}")
        else:
            item.asstr()[()]

    group.visititems(check_item)


def main(path):
    with h5py.File(path, "r") as file:
        check_root(file)
        sizes = check_network(file["network"])
        check(len(file["simulations"]) > 0, "there are no simulations")
        for simulation in file["simulations"].values():
            check_simulation(simulation, sizes, file.attrs["precision"])
        for analysis in file.get("analyses", {}).values():
            check_analysis(analysis)
        print(f"{len(file['simulations'])} simulations, {len(file.get('analyses', {}))} analyses: all as documented")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
