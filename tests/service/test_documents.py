"""What the documents and the files to begin with say holds."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from moderation.service.protocols.perspective import ATTRIBUTES
from moderation.service.settings import Settings, read_settings

from .conftest import Running

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [DOCS / "service.md", DOCS / "perspective.md", *sorted((DOCS / "embedding").glob("*.md"))]


def fields(model: type[BaseModel], above: str = "") -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= fields(inner, f"{above}{name}.")
        else:
            found.add(f"{above}{name}")
    return found


def test_every_setting_is_explained() -> None:
    text = (ROOT / "docs" / "service.md").read_text()
    for name in fields(Settings):
        group, _, last = name.rpartition(".")
        assert f"`{name}`" in text or (group and f"`.{last}`" in text), name


def test_the_file_to_begin_with_is_the_default(tmp_path: Path) -> None:
    path = ROOT / "deploy" / "service.toml"
    assert read_settings(path).model_dump() == read_settings().model_dump()
    whole = re.sub(r"^# (?=\[|[a-z_]+ = )", "", path.read_text(), flags=re.MULTILINE)
    names: dict[str, Any] = tomllib.loads(whole)
    assert set(names) <= set(Settings.model_fields)
    assert {*names["limits"], *names["coral"], *names["discourse"]} <= {f.rpartition(".")[2] for f in fields(Settings)}


def test_the_container_and_the_unit_have_no_rights() -> None:
    container = (ROOT / "deploy" / "Dockerfile").read_text()
    assert container.index("USER 10001") < container.index("ENTRYPOINT")
    unit = (ROOT / "deploy" / "moderation.service").read_text()
    for line in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "SuccessExitStatus=143"):
        assert line in unit


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_linked_pages_are_there(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        assert "://" in link or (page.parent / link).exists(), link


def test_addresses_in_the_documents_are_served(running: Running) -> None:
    text = "".join(page.read_text() for page in PAGES)
    for path in set(re.findall(r"localhost:8000(/[a-z0-9./:-]+)", text)) - {"/v1"}:
        assert running.send("POST", path.rstrip("."), b"").status != 404, path


def test_the_attributes_in_the_document_are_those_served() -> None:
    text = (ROOT / "docs" / "perspective.md").read_text()
    for attribute, label in ATTRIBUTES.items():
        assert f"| {attribute} | {label} |" in text


def test_the_python_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "embedding" / "python.md").read_text(), re.DOTALL)
    exec(example, {})
