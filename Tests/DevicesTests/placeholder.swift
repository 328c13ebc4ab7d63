@testable import Devices
import Testing
