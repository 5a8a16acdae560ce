//! Numbers: layers, their gradients, kernels. Imports nothing of ours; no I/O, no clock, no threads of its own.
