"""Files: what a spec may read, and what happens where it may not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from netwright.frontend import load_file, load_text
from netwright.frontend.budgets import Budgets
from netwright.frontend.catalogue import root_of

from tests.frontend.specs import IMAGE

LIBRARY = f"netwright: 1\nblocks:\n  B:\n    {IMAGE}    graph: {{y: ReLU}}\n"
USER = f"netwright: 1\nmodel: M\nuse: {{lib: PATH}}\n{IMAGE}graph: {{a: lib.B}}\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def use(folder: Path, target: str) -> Path:
    return write(folder, USER.replace("PATH", target))


def faults(path: Path) -> list[tuple[str, int, int]]:
    found = load_file(path).report
    return [(d.code, d.span.line, d.span.column) for d in found]


def test_the_root_is_the_nearest_folder_that_holds_blocks(tmp_path: Path) -> None:
    (tmp_path / "specs" / "blocks").mkdir(parents=True)
    (tmp_path / "specs" / "vision" / "deep").mkdir(parents=True)
    root = (tmp_path / "specs").resolve()
    assert root_of(tmp_path / "specs" / "vision" / "deep" / "m.yaml") == root
    assert root_of(tmp_path / "specs" / "blocks" / "m.yaml") == root
    assert root_of(tmp_path / "m.yaml") == tmp_path.resolve()


def test_used_files_are_modules(tmp_path: Path) -> None:
    write(tmp_path / "blocks" / "lib.yaml", LIBRARY)
    loaded = load_file(use(tmp_path / "vision" / "m.yaml", "../blocks/lib.yaml"))
    assert loaded.module is not None
    assert loaded.module.path == "vision/m.yaml"
    assert loaded.module.uses["lib"].path == "blocks/lib.yaml"


def test_a_file_is_loaded_once(tmp_path: Path) -> None:
    write(tmp_path / "blocks" / "lib.yaml", LIBRARY)
    between = LIBRARY.replace("blocks:\n", "use: {lib: lib.yaml}\nblocks:\n").replace(
        "ReLU", "lib.B"
    )
    write(tmp_path / "blocks" / "other.yaml", between)
    text = USER.replace("{lib: PATH}", "{lib: blocks/lib.yaml, other: blocks/other.yaml}")
    loaded = load_file(write(tmp_path / "m.yaml", text))
    assert loaded.module is not None
    assert loaded.module.uses["lib"] is loaded.module.uses["other"].uses["lib"]


def test_faults_of_a_used_file_are_shown_there(tmp_path: Path) -> None:
    write(tmp_path / "blocks" / "lib.yaml", LIBRARY.replace("ReLU", "RelU"))
    loaded = load_file(use(tmp_path / "m.yaml", "blocks/lib.yaml"))
    (found,) = loaded.report
    assert found.code == "E0201"
    assert Path(found.span.file) == tmp_path / "blocks" / "lib.yaml"
    assert loaded.sources.line(found.span.file, found.span.line) is not None


@pytest.mark.parametrize(
    "target", ["../secret.yaml", "/etc/passwd", "~/x.yaml", "a\\\\b.yaml", "file:x.yaml"]
)
def test_nothing_outside_the_root_is_read(tmp_path: Path, target: str) -> None:
    write(tmp_path / "secret.yaml", LIBRARY)
    path = use(tmp_path / "in" / "m.yaml", f'"{target}"')
    assert faults(path) == [("E0216", 3, 12)]


def test_a_symlink_does_not_lead_out(tmp_path: Path) -> None:
    write(tmp_path / "secret.yaml", LIBRARY)
    path = use(tmp_path / "in" / "m.yaml", "link.yaml")
    os.symlink(tmp_path / "secret.yaml", tmp_path / "in" / "link.yaml")
    assert faults(path) == [("E0216", 3, 12)]


def test_a_symlinked_folder_does_not_lead_out(tmp_path: Path) -> None:
    write(tmp_path / "out" / "secret.yaml", LIBRARY)
    path = use(tmp_path / "in" / "m.yaml", "sub/secret.yaml")
    os.symlink(tmp_path / "out", tmp_path / "in" / "sub")
    assert faults(path) == [("E0216", 3, 12)]


def test_a_missing_file(tmp_path: Path) -> None:
    assert faults(use(tmp_path / "m.yaml", "nothing.yaml")) == [("E0217", 3, 12)]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert faults(use(tmp_path / "m.yaml", "folder")) == [("E0107", 3, 12)]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert faults(use(tmp_path / "m.yaml", "pipe.yaml")) == [("E0107", 3, 12)]


def test_a_cycle_of_files(tmp_path: Path) -> None:
    text = LIBRARY.replace("blocks:\n", "use: {m: m.yaml}\nblocks:\n")
    write(tmp_path / "lib.yaml", text)
    found = load_file(use(tmp_path / "m.yaml", "lib.yaml")).report
    assert [(d.code, Path(d.span.file).name) for d in found] == [("E0209", "lib.yaml")]


def test_a_file_that_uses_itself(tmp_path: Path) -> None:
    assert faults(use(tmp_path / "m.yaml", "m.yaml")) == [("E0209", 3, 12)]


def test_too_many_files(tmp_path: Path) -> None:
    for i in range(5):
        write(tmp_path / f"l{i}.yaml", LIBRARY)
    uses = ", ".join(f"l{i}: l{i}.yaml" for i in range(5))
    text = USER.replace("{lib: PATH}", "{" + uses + "}").replace("lib.B", "l0.B")
    loaded = load_file(write(tmp_path / "m.yaml", text), Budgets(files=3))
    assert {d.code for d in loaded.report} == {"E0501"}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    loaded = load_file(tmp_path / "none.yaml")
    assert loaded.module is None
    assert [d.code for d in loaded.report] == ["E0217"]


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(b"netwright: 1\nmodel: \xff\xfe\n")
    (found,) = load_file(path).report
    assert found.code == "E0107"
    assert "line 2" in found.message


def test_text_beside_a_file_sees_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path / "lib.yaml", LIBRARY)
    loaded = load_text(USER.replace("PATH", "lib.yaml"), "draft", tmp_path / "m.yaml")
    assert loaded.module is not None


def test_members_of_namespaces(tmp_path: Path) -> None:
    write(tmp_path / "lib.yaml", LIBRARY)
    path = write(tmp_path / "m.yaml", USER.replace("PATH", "lib.yaml").replace("lib.B", "lib.C"))
    assert faults(path) == [("E0201", 5, 12)]


def test_models_and_variants_of_other_files_are_modules(tmp_path: Path) -> None:
    text = f"netwright: 1\nmodel: Net\nparams: {{n: int}}\nvariants: {{net1: {{n: 1}}}}\n{IMAGE}"
    write(tmp_path / "net.yaml", text + "graph: {y: x * n}\n")
    user = f"netwright: 1\nmodel: M\nuse: {{net: net.yaml}}\n{IMAGE}graph:\n"
    good = user + "  a: net.Net(n=3)\n  b: net.net1\n"
    assert faults(write(tmp_path / "m.yaml", good)) == []
    assert faults(write(tmp_path / "m.yaml", user + "  a: net.Net\n")) == [("E0203", 6, 6)]
