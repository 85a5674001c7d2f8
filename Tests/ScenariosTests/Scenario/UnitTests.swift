import Scenarios
import Testing
