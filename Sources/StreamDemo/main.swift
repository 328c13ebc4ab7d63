import ArgumentParser
import Devices
import CFFmpeg
