"""Adam and the learning rate's course, as src/train/optim.rs has them."""

import torch

BETA1, BETA2, EPSILON = 0.9, 0.99, 1e-8


def rate(settings, tokens):
    """A linear rise, a plateau, and a linear fall to zero over the last part."""
    rise = (tokens + 1) / (settings["warmup"] + 1)
    left = max(settings["tokens"] - tokens, 0) / max(settings["decay"] * settings["tokens"], 1)
    return settings["rate"] * min(rise, left, 1)


def clip(parameters, norm):
    """Scales gradients of a larger norm down to this; without a word from the device. Returns the norm they had."""
    gradients = [parameter.grad for parameter in parameters]
    total = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    torch._foreach_mul_(gradients, torch.clamp(norm / total, max=1.0))
    return total


class Adam:
    """Rows of the embedding that a step did not touch stay as they are, and so do their means."""

    def __init__(self, network):
        self.parameters = dict(network.named_parameters())
        self.mean = {name: torch.zeros_like(p) for name, p in self.parameters.items()}
        self.square = {name: torch.zeros_like(p) for name, p in self.parameters.items()}
        self.steps = 0

    @torch.no_grad()
    def step(self, rate):
        self.steps += 1
        steps = min(self.steps, 100_000)
        rate = rate * (1 - BETA2**steps) ** 0.5 / (1 - BETA1**steps)
        touched = (self.parameters["table"].grad != 0).any(1)
        for name, parameter in self.parameters.items():
            mean, square, gradient = self.mean[name], self.square[name], parameter.grad
            if gradient is None:
                continue
            if name not in ("table", "bias"):
                self.update(parameter, mean, square, gradient, rate)
            elif parameter.is_cuda:
                # Every row, and then those that count: finding out which would stop the queue of work.
                new = [parameter.clone(), mean.clone(), square.clone()]
                self.update(*new, gradient, rate)
                rows = touched.view(-1, *[1] * (parameter.dim() - 1))
                for old, value in zip((parameter, mean, square), new):
                    old.copy_(torch.where(rows, value, old))
            else:
                rows = touched.nonzero().squeeze(1)
                new = [old[rows] for old in (parameter, mean, square)]
                self.update(*new, gradient[rows], rate)
                for old, value in zip((parameter, mean, square), new):
                    old[rows] = value

    @staticmethod
    def update(parameter, mean, square, gradient, rate):
        mean.lerp_(gradient, 1 - BETA1)
        square.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
        parameter.addcdiv_(mean, square.sqrt().add_(EPSILON), value=-rate)
