// Who names the CPUs of devices, or another root of /sys, uses System's types: Devices' own interface is made of them.

@_exported import System
