@testable import StreamDemo
import Testing
