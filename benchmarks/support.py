"""Which models of the catalogue each format takes: `python -m benchmarks.support [--missing]`.

Every entry point is exported, run in its own runtime at sizes it was not traced at, and compared
with the model. Large models are stood for by smaller ones of the same spec. Each finding is kept in
`results/support.json` as soon as it is there, so that a run may be broken off and taken up again by
`--missing`; docs/support.md is written from them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from netwright_runtime.export.agreement import Agreement, Disagrees
from netwright_runtime.export.exporting import Options, write
from netwright_runtime.export.formats import FORMATS, Format
from netwright_runtime.export.refusal import Unexportable
from netwright_runtime.model import Compiled, compiled
from netwright_runtime.model.domains import smallest
from netwright_runtime.verify.smaller import smaller

from benchmarks.catalogue import SPECS, models
from benchmarks.support_page import PAGE, WORKS, Found, page
from tests.emission.building import REQUIRED

FOUND = Path(__file__).parent / "results" / "support.json"


def main() -> None:
    """Try formats, or all, on all models; keep and document what is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", action="append", choices=list(FORMATS), help="again for more")
    parser.add_argument("--spec", action="append", help="`vision/resnet`; again for more")
    parser.add_argument("--missing", action="store_true", help="what has not been tried yet")
    asked = parser.parse_args()
    known = read() if asked.missing else {}
    for name in asked.to or FORMATS:
        for spec in asked.spec or models():
            if name not in known.get(spec, {}):
                said = _tried(spec, FORMATS[name])
                print(f"{spec} {name}: {said or 'its runtime is not installed'}", flush=True)
                _keep(spec, name, said)
    PAGE.write_text(page(read()), encoding="utf-8")


def read() -> Found:
    """What was found so far: `yes` or a fault, by spec and format."""
    found: Found = json.loads(FOUND.read_text(encoding="utf-8")) if FOUND.is_file() else {}
    return found


def _keep(spec: str, format_: str, said: str) -> None:
    """Add a finding to those in the file; an empty one is none."""
    if said:
        found = read()
        found.setdefault(spec, {})[format_] = said
        kept = {name: found[name] for name in models() if name in found}
        FOUND.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _tried(spec: str, format_: Format) -> str:
    """That a format takes a model, or why it does not; nothing where it cannot be tried here."""
    whole = compiled(SPECS / f"{spec}.yaml", params=REQUIRED.get(spec, {}))
    model, _ = smaller(whole, smallest(whole.manifest))
    try:
        with TemporaryDirectory() as folder:
            _export(model, format_, Path(folder))
    except (Disagrees, Unexportable) as fault:
        return " ".join(str(fault).split())
    except ModuleNotFoundError:
        return ""
    return WORKS


def _export(model: Compiled, format_: Format, folder: Path) -> None:
    fixed = dict(_fixed(model)) if format_.name == "executorch" else {}
    made = write(model, model.build(), format_, folder / "all", Options(fixed=fixed))
    assert all(isinstance(file.close, Agreement) for file in made.files)


def _fixed(model: Compiled) -> Iterator[tuple[str, int]]:
    """Every dim at a size that the model takes: ExecuTorch plans memory ahead."""
    least = smallest(model.manifest)
    for dim in model.manifest.dims:
        size = max(4 * dim.multiple_of, least.get(dim.name, 0))
        yield dim.name, max(size, 64) if dim.name in ("H", "W") else size


if __name__ == "__main__":
    main()
