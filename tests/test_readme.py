"""The README's Python runs as it stands, and its commands exist."""

import re
from pathlib import Path

from moderation.shipped import shipped

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    scope: dict[str, object] = {}
    exec(example, scope)
    assert [verdict.action for verdict in scope["verdicts"]] == ["allow", "allow"]


def test_every_linked_page_is_there() -> None:
    root = Path(__file__).parent.parent
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if "://" not in link and not (root / link).is_file()] == []
    assert shipped("models/default").is_dir()
