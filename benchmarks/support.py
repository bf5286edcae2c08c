"""Which models of the catalogue each format takes: `python -m benchmarks.support [--to FORMAT]`.

Every entry point is exported, run in its own runtime at sizes it was not traced at, and compared
with the model. Large models are stood for by smaller ones of the same spec. Findings are kept in
`results/support.json`, so that formats may be tried one at a time, and written to docs/support.md.
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
from netwright_runtime.model import Compiled, compiled, variants
from netwright_runtime.model.domains import smallest
from netwright_runtime.verify.smaller import smaller

from benchmarks.processes import ROOT
from tests.emission.building import REQUIRED

SPECS = ROOT / "specs"
_FOUND = Path(__file__).parent / "results" / "support.json"
_PAGE = ROOT / "docs" / "support.md"

_INTRODUCTION = """# Support

Written by `python -m benchmarks.support`; do not edit. Every entry point of every model of the
catalogue is exported, run in the runtime of its format at sizes that it was not traced at, and
compared with the model. [Exporting](exporting.md) says what each format is for. A dash stands for
what does not work; the number leads to the reason.
"""

_FIXED = (
    "`executorch` plans memory ahead: it is tried with all dims fixed at the sizes of the trace."
)

_WORKS = "yes"


def main() -> None:
    """Try formats, or all, on all models; keep and document what is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", action="append", choices=list(FORMATS), help="again for more")
    parser.add_argument("--spec", action="append", help="`vision/resnet`; again for more")
    asked = parser.parse_args()
    found = json.loads(_FOUND.read_text(encoding="utf-8")) if _FOUND.is_file() else {}
    for spec in asked.spec or _specs():
        for name in asked.to or FORMATS:
            said = _tried(spec, FORMATS[name])
            print(f"{spec} {name}: {said}", flush=True)
            found.setdefault(spec, {})[name] = said
        _keep({spec: found[spec] for spec in _specs() if spec in found})


def _keep(known: dict[str, dict[str, str]]) -> None:
    _FOUND.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    _PAGE.write_text(page(known), encoding="utf-8")


def page(found: dict[str, dict[str, str]]) -> str:
    """The page of the documentation: a row for each model, and the reasons below."""
    reasons: dict[str, int] = {}
    rows = [_cells(spec, said, reasons) for spec, said in found.items()]
    lines = [_INTRODUCTION, *_table(("model", *FORMATS), rows), "", f"{_FIXED}\n"]
    lines += [f"## Reason {number}\n\n{reason}\n" for reason, number in reasons.items()]
    return "\n".join(lines).rstrip() + "\n"


def _cells(spec: str, said: dict[str, str], reasons: dict[str, int]) -> tuple[str, ...]:
    cells = [spec]
    for name in FORMATS:
        answer = said.get(name, "not tried")
        if answer not in (_WORKS, "not tried"):
            number = reasons.setdefault(f"`{name}`: {answer}", len(reasons) + 1)
            answer = f"[– {number}](#reason-{number})"
        cells.append(answer)
    return tuple(cells)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _specs() -> list[str]:
    """The specs of the catalogue that hold a model."""
    paths = {p.relative_to(SPECS).with_suffix("").as_posix(): p for p in SPECS.rglob("*.yaml")}
    return sorted(n for n, path in paths.items() if variants(path, REQUIRED.get(n, {})))


def _tried(spec: str, format_: Format) -> str:
    """That a format takes a model, or why it does not."""
    whole = compiled(SPECS / f"{spec}.yaml", params=REQUIRED.get(spec, {}))
    model, _ = smaller(whole, smallest(whole.manifest))
    try:
        with TemporaryDirectory() as folder:
            _export(model, format_, Path(folder))
    except (Disagrees, Unexportable) as fault:
        return " ".join(str(fault).split())
    except ModuleNotFoundError as missing:
        return f"`{missing.name}` is not installed here"
    return _WORKS


def _export(model: Compiled, format_: Format, folder: Path) -> None:
    fixed: dict[str, int] = {}
    if format_.name == "executorch":
        fixed = {dim.name: max(4, 4 * dim.multiple_of) for dim in model.manifest.dims}
        fixed |= {name: max(size, 64) for name, size in fixed.items() if name in ("H", "W")}
    made = write(model, model.build(), format_, folder / "all", Options(fixed=fixed))
    assert all(isinstance(file.close, Agreement) for file in made.files)


if __name__ == "__main__":
    main()
