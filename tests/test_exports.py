import subprocess
import sys

import pytest

import moderation


@pytest.mark.parametrize("name", ["Comment", "Document", "ModerationError", "Span", "Verdict", "extract"])
def test_public_name_is_importable(name):
    assert name in moderation.__all__
    assert getattr(moderation, name).__name__ == name


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        _ = moderation.nothing_of_that_name


def test_import_is_cheap():
    heavy = {"numpy", "sklearn", "lxml", "trafilatura", "charset_normalizer", "numba"}
    code = "import sys, moderation; from moderation import extract; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not heavy & set(loaded)


def test_extract_stays_the_function_whatever_is_imported():
    import moderation.extraction.page

    assert callable(moderation.extract)
    assert moderation.extract is moderation.extraction.page.extract
