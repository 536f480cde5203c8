"""The peers in JAX: a scan over time, compiled as one function with its gradients and Adam."""

import jax
import jax.numpy as jnp
import numpy as np

from case_files import ALPHA, NOISE_OF_DRIVE, load, resident, resident_peak, write_gate

RATE, FIRST, SECOND, SMALL = 1e-3, 0.9, 0.999, 1e-8  # Adam, as PyTorch's defaults


class Scan:
    unroll = 1  # steps that the compiler sees as one
    before = 0
    place = None

    @classmethod
    def start(cls, device, threads):
        jax.config.update("jax_default_matmul_precision", "highest")
        cls.place = jax.devices("cuda" if device == "cuda" else "cpu")[0]
        jax.config.update("jax_default_device", cls.place)
        jnp.zeros(1).block_until_ready()
        cls.before = resident()

    @classmethod
    def describe(cls):
        import jaxlib

        return {"jax": jax.__version__, "jaxlib": jaxlib.__version__}

    @classmethod
    def clear_memory(cls):
        jax.clear_caches()

    def __init__(self, folder, steps):
        a = load(folder, steps)
        self.elman, self.noisy = a["elman"], a["noisy"]
        V = a["W_rec"] if self.elman else np.abs(a["W_rec"])
        single = lambda x: np.asarray(x, np.float32)  # noqa: E731
        self.parameters = [jnp.array(single(x)) for x in (V, a["W_inp"], a["W_out"], a["b_out"])]
        self.weight_sign = jnp.array(single(a["mask"] if self.elman else a["mask"] * a["sign"]))
        self.batch = [single(a["inputs"]), single(a["targets"])]
        self.trials, self.units = len(a["inputs"]), len(V)
        zeros = lambda: [jnp.zeros_like(p) for p in self.parameters]  # noqa: E731
        self.moments, self.number = (zeros(), zeros()), 0
        self.inputs, self.targets = jax.device_put(self.batch, self.place)
        self.compiled = {}

    def drop(self):
        """Nothing holds on to its memory."""

    def wait(self):
        jax.block_until_ready(self.result if hasattr(self, "result") else self.parameters)

    def run(self, parameters, inputs, key):
        """Without noise where key is None. Returns h (time, trial, unit)."""
        V, V_inp = parameters[:2]
        W = (self.weight_sign * (V if self.elman else jnp.abs(V))).T
        W_inp = (V_inp if self.elman else jnp.abs(V_inp)).T
        inputs = inputs.transpose(1, 0, 2)
        if key is not None:
            key, own = jax.random.split(key)
            inputs = inputs + NOISE_OF_DRIVE * jax.random.normal(own, inputs.shape)
        drives = inputs @ W_inp
        if key is not None:
            drives = drives + NOISE_OF_DRIVE * jax.random.normal(key, drives.shape)

        def step(x, drive):
            drive = drive + jax.nn.relu(x) @ W
            x = drive if self.elman else x + ALPHA * (drive - x)
            return x, jax.nn.relu(x)

        x = jnp.zeros((self.trials, self.units), jnp.float32)
        return jax.lax.scan(step, x, drives, unroll=self.unroll)[1]

    def loss(self, parameters, inputs, targets, key):
        """With h of the last step."""
        h = self.run(parameters, inputs, key)
        y = h @ parameters[2].T + parameters[3]
        return jnp.mean((y - targets.transpose(1, 0, 2)) ** 2), h[-1]

    def noise_key(self, number):
        return jax.random.fold_in(jax.random.key(1), number) if self.noisy else None

    def train_step(self, parameters, moments, number, inputs, targets):
        gradients = jax.grad(self.loss, has_aux=True)(parameters, inputs, targets, self.noise_key(number))[0]
        first = [FIRST * m + (1 - FIRST) * g for m, g in zip(moments[0], gradients, strict=True)]
        second = [SECOND * v + (1 - SECOND) * g * g for v, g in zip(moments[1], gradients, strict=True)]
        count = number + 1.0
        rate = RATE / (1 - FIRST**count)
        root = jnp.sqrt(1 - SECOND**count)
        new = [p - rate * m / (jnp.sqrt(v) / root + SMALL) for p, m, v in zip(parameters, first, second, strict=True)]
        return new, (first, second)

    def forward_pass(self, parameters, inputs, number):
        h = self.run(parameters, inputs, self.noise_key(number))
        return h, h @ parameters[2].T + parameters[3]

    def call(self, name, function, *arguments, donate=()):
        """Compiled at the first call."""
        if name not in self.compiled:
            self.compiled[name] = jax.jit(function, donate_argnums=donate).lower(*arguments).compile()
        return self.compiled[name](*arguments)

    def train(self):
        self.inputs, self.targets = jax.device_put(self.batch, self.place)
        arguments = (self.parameters, self.moments, np.int32(self.number), self.inputs, self.targets)
        self.parameters, self.moments = self.call("train", self.train_step, *arguments, donate=(0, 1))
        self.result = self.parameters
        self.number += 1

    def forward(self):
        self.number += 1
        arguments = (self.parameters, self.inputs, np.int32(self.number))
        self.result = self.call("forward", self.forward_pass, *arguments)

    def gate(self, file):
        def gradients(parameters, inputs, targets):
            return jax.value_and_grad(self.loss, has_aux=True)(parameters, inputs, targets, None)

        (loss, h), found = self.call("gate", gradients, self.parameters, self.inputs, self.targets)
        write_gate(file, *(np.asarray(x) for x in (loss, h, *found[:2])))
        del self.compiled["gate"]

    def memory(self):
        """What its compiler lays out for the training step, or what the process took on a processor."""
        if self.place.platform == "cpu":
            return max(0, resident_peak() - self.before)
        try:
            plan = self.compiled["train"].memory_analysis()
            taken = plan.argument_size_in_bytes + plan.output_size_in_bytes + plan.temp_size_in_bytes
            return taken - plan.alias_size_in_bytes
        except (AttributeError, KeyError, NotImplementedError, RuntimeError):
            return 0


class UnrolledScan(Scan):
    unroll = 8
