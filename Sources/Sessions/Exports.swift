// An embedder imports this module alone.

@_exported import CoExec
@_exported import Kernels
