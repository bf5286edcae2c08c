"""Pages of the catalogue, made while mkdocs builds the site: they are kept nowhere else."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from tests.docs.catalogue import described
from tests.docs.catalogue.index import tables
from tests.docs.catalogue.page import page

INDEX = "catalogue/index.md"
_TABLES: list[str] = []


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each spec."""
    specs = [described.described(name) for name in described.models()]
    for spec in specs:
        path = f"catalogue/{spec.name}.md"
        files.append(File.generated(config, path, content=page(spec)))
    _TABLES[:] = [tables(specs)]
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Add the tables to the page that leads to them."""
    if page.file.src_uri == INDEX:
        return "\n\n".join([markdown, *_TABLES])
    return markdown
