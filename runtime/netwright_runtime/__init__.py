"""What happens to a compiled model: verify, train, export, optimise, bench.

The runtime meets the compiler in one place, the artifact: a folder with the emitted source and its
manifest. It reads `netwright.artifact` and nothing else of `netwright`.
"""
