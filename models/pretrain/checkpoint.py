"""Checkpoints in the format of src/train/checkpoint.rs, so that `rnn-lsp train` packs them into models and goes on from
them, and this trainer from its."""

import json
import os

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from network import is_transposed

FORMAT = "rnn-lsp checkpoint 1"


def write(path, header, network, adam, state):
    """To a temporary name, synced, then renamed: a crash leaves the previous checkpoint."""
    tensors = {}
    groups = {"parameters": adam.parameters, "mean": adam.mean, "square": adam.square}
    for group, values in groups.items():
        for name, value in values.items():
            value = value.detach().cpu().numpy()
            tensors[f"{group}.{name}"] = np.ascontiguousarray(value.T if is_transposed(name) else value)
    for part, values in zip("hc", state):
        for layer, value in enumerate(values.cpu().numpy()):
            tensors[f"state.{layer}.{part}"] = np.ascontiguousarray(value)
    temporary = path.with_name(path.name + ".partial")
    save_file(tensors, temporary, {"format": FORMAT, "header": json.dumps(header)})
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)


def read_header(path):
    with safe_open(path, "numpy") as file:
        metadata = file.metadata() or {}
    if metadata.get("format") != FORMAT:
        raise ValueError(f"{path}: format {metadata.get('format')!r}, expected {FORMAT!r}")
    return json.loads(metadata["header"])


def read(path, network, adam, streams):
    """Puts everything back where it stood; returns the state of all streams."""
    config = network.config

    def tensor(file, name, shape):
        value = torch.from_numpy(file.get_tensor(name))
        if value.numel() != np.prod(shape):
            raise ValueError(f"{path}: {name} has {value.numel()} values, expected {shape}")
        return value.view(*shape)

    with torch.no_grad(), safe_open(path, "numpy") as file:
        for group, values in {"parameters": adam.parameters, "mean": adam.mean, "square": adam.square}.items():
            for name, value in values.items():
                stored = value.T if is_transposed(name) else value
                stored.copy_(tensor(file, f"{group}.{name}", stored.shape))
        shape = (streams, config["hidden"])
        layers = range(config["layers"])
        return tuple(torch.stack([tensor(file, f"state.{layer}.{part}", shape) for layer in layers]) for part in "hc")
