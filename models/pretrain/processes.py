"""This process among those that torchrun started, or alone; and what its device can do."""

import os
import sys

import torch
import torch.distributed as dist

# bf16 products with dense operands, in FLOP/s, by what a device's name has in it.
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12, "4090": 165e12, "3090": 71e12}


class Processes:
    def __init__(self, device, batch):
        self.rank, self.size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        if device == "cuda":
            device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}"
            torch.cuda.set_device(device)
        self.device = torch.device(device)
        if batch % self.size:
            raise ValueError(f"{batch} streams cannot be dealt out to {self.size} processes evenly")
        if self.size > 1:
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")

    def columns(self, streams):
        return range(self.rank * streams // self.size, (self.rank + 1) * streams // self.size)

    def sum(self, tensor):
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def whole(self, part):
        """The states of all processes' streams."""
        if self.size == 1:
            return part
        parts = [torch.empty_like(part) for _ in range(self.size)]
        dist.all_gather(parts, part.contiguous())
        return torch.cat(parts, 1)

    def name(self):
        return torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "CPU"

    def agree(self, stop, seconds, save):
        """Whether anybody was told to stop; and of the first process, its clock and whether it is time for a checkpoint."""
        first = self.rank == 0
        words = torch.tensor([stop, seconds * first, save * first], dtype=torch.float64, device=self.device)
        stop, seconds, save = self.sum(words).tolist()
        return stop > 0, seconds, save > 0


def precision_of(wanted, device):
    """bf16 wherever the device's LSTM takes it (cuDNN since 9.13)."""
    if wanted == "f32" or (wanted == "auto" and device.type == "cpu"):
        return torch.float32
    try:
        lstm = torch.nn.LSTM(8, 8, device=device, dtype=torch.bfloat16)
        lstm(torch.zeros(1, 1, 8, device=device, dtype=torch.bfloat16))[0].sum().backward()
        return torch.bfloat16
    except RuntimeError as error:
        if wanted == "bf16":
            raise
        print(f"f32, since the LSTM of {device} takes no bf16: {error}", file=sys.stderr)
        return torch.float32
