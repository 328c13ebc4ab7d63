@testable import Kernels
import Testing
