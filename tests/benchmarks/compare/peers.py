"""One peer as a process that answers commands as engine.cpp does, each with one line:

    open FOLDER [STEPS]  the network and trials of a case (cases.py), the first STEPS of each trial only; `done`
    gate FILE            doubles to a file: loss, h of the last step [trials x units], gradients of W_rec and of W_inp
    train N, forward N   seconds each, of N in a row
    memory               bytes at the peak since `open`; 0 where it is not known
    describe             versions, as JSON

    python peers.py NAME [--device cpu | cuda] [--threads N]

A command that fails answers `failed: ` and why.

All train on the same batch: mean squared error of a linear readout, Adam with PyTorch's defaults. A training step
brings the batch to the device, as every step of a real training does; a forward pass finds it there and leaves activity
and outputs of all steps there. Noise is drawn anew for every step and unit, as mrnn does. Single precision, IEEE.
"""

import argparse
import importlib
import json
import os
import sys
import time

PEERS = {
    "published": ("torch_peers", "Published"),
    "well": ("torch_peers", "Well"),
    "compiled": ("torch_peers", "Compiled"),
    "graph": ("torch_peers", "Graph"),
    "compiled_graph": ("torch_peers", "CompiledGraph"),
    "nn_rnn": ("torch_peers", "TorchRnn"),
    "products": ("torch_peers", "Products"),
    "reference": ("torch_peers", "Reference"),
    "jax": ("jax_peers", "Scan"),
    "jax_unrolled": ("jax_peers", "UnrolledScan"),
}


class Server:
    """Answers commands with one peer at a time."""

    def __init__(self, make):
        self.make, self.peer = make, None

    def answer(self, command, *rest):
        return getattr(self, command)(*rest)

    def open(self, folder, steps=None):
        if self.peer is not None:
            self.peer.drop()
        self.peer = None  # its memory goes before the next one's comes
        self.make.clear_memory()
        self.peer = self.make(folder, int(steps) if steps else None)
        return "done"

    def gate(self, file):
        self.peer.gate(file)
        return "done"

    def train(self, count):
        return self.seconds(self.peer.train, int(count))

    def forward(self, count):
        return self.seconds(self.peer.forward, int(count))

    def seconds(self, action, count):
        self.peer.wait()
        start = time.perf_counter()
        for _ in range(count):
            action()
        self.peer.wait()
        return (time.perf_counter() - start) / count

    def memory(self):
        return int(self.peer.memory())

    def describe(self):
        return json.dumps(self.make.describe())


def reason(error):
    """In one line."""
    text = " ".join(str(error).split())
    return f"failed: {type(error).__name__}: {text[:300]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    say = lambda text: print(text, file=answers, flush=True)  # noqa: E731
    try:
        module, name = PEERS[options.name]
        make = getattr(importlib.import_module(module), name)
        make.start(options.device, options.threads)
    except Exception as error:
        return say(reason(error))
    say("ready")
    server = Server(make)
    for line in sys.stdin:
        try:
            say(server.answer(*line.split()))
        except Exception as error:
            say(reason(error))


if __name__ == "__main__":
    main()
