"""Regional compilation: code for a block is made once, whatever the depth of a model."""

from netwright_runtime.optimise.regional.compiling import Blocks, Compilation, choice, compile
from netwright_runtime.optimise.regional.packaging import load_package, package

__all__ = ["Blocks", "Compilation", "choice", "compile", "load_package", "package"]
