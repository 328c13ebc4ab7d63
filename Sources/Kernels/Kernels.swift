// Networks, the files that they come from, and the engines that run them: one module for whoever uses them. Each room is
// a module of its own, and imports only those below it.

@_exported import CPUKernels
@_exported import EnginePlanning
@_exported import ModelFiles
@_exported import NetworkGraph
@_exported import OpenCLKernels
