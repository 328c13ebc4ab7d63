import CoExec
import Kernels
