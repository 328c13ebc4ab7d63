@testable import CoExec
import Testing
