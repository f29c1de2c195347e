"""Guards over the codebase itself: what reviewers would otherwise have to remember."""

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from weimin.cases.verb import VERBS
from weimin.flow.actions import RULES
from weimin.kernel import titles
from weimin.trail.chain import title_of
from weimin.web import urls  # noqa: F401  the verbs register when the screens are imported

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "weimin"
TEMPLATES = sorted((HOUSE / "web" / "templates").rglob("*.jinja"))
PYTHON = sorted(path for path in HOUSE.rglob("*.py") if "migrations" not in path.parts)
LONGEST = 500  # lines
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
ROOMS = [layer.split(".")[1] for layer in LAYERS][::-1]  # from the ground up


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# -- verbs ---------------------------------------------------------------------------------------


def test_every_verb_has_a_rule_and_every_rule_a_verb() -> None:
    # Receiving has no case yet, so no state in which it is open: it checks for itself.
    assert VERBS.keys() - {"receive"} == {rule.verb for rule in RULES}


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_verb_is_known_to_the_trail_by_its_name(verb: str) -> None:
    assert title_of(verb) != verb, f"{verb} has no title in the trail"


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_verb_writes_an_event_of_its_name(verb: str) -> None:
    module = ast.parse(Path(source_of(verb)).read_text(encoding="utf-8"))
    written = {
        argument.value
        for node in ast.walk(module) if isinstance(node, ast.Call)
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(argument, ast.Constant)
    }
    assert verb in written, f"{verb} never names an event {verb!r}"


def source_of(verb: str) -> str:
    return inspect.getsourcefile(inspect.unwrap(VERBS[verb])) or ""


# -- addresses -----------------------------------------------------------------------------------


def test_every_address_has_a_row_in_the_table_of_access() -> None:
    from tests.web.doors import addresses, operations, table

    known = {row.split(" ", 1)[1] for row in table("地址")} | {"/api/v1/cases/{number}/{verb}"}
    missing = {*addresses(), *(door.path for door in operations())} - known
    assert not missing, f"docs/access.md says nothing of {sorted(missing)}"


# -- personal data -------------------------------------------------------------------------------


def ciphers() -> Iterator[tuple[str, str]]:
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if field.name.endswith("_cipher"):
                yield model.__name__, field.name


def test_personal_data_that_is_encrypted_has_a_mask_beside_it() -> None:
    for model, field in ciphers():
        fields = {f.name for f in next(m for m in apps.get_models() if m.__name__ == model)._meta.get_fields()}
        assert field.replace("_cipher", "_mask") in fields or field == "address_cipher", (
            f"{model}.{field} has no mask to show instead")


def test_no_screen_touches_a_cipher() -> None:
    """Templates never; views only where a look is recorded or somebody sees what is his own."""
    allowed = {"weimin/web/desk/case.py", "weimin/web/asking.py", "weimin/web/drafts.py",
               "weimin/web/desk/intake.py", "weimin/web/portal/kept.py",
               "weimin/web/desk/looked_for.py"}
    assert list(ciphers()), "the registry encrypts something"
    for path in [*TEMPLATES, *(HOUSE / "web").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        if "_cipher" in text or "vault.decrypt" in text:
            assert path.suffix == ".py" and name(path) in allowed, f"{name(path)} opens a cipher"


# -- templates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_brings_no_style_script_or_foreign_address_of_its_own(path: Path) -> None:
    text = without_comments(path.read_text(encoding="utf-8"))
    for what, pattern in {
        "an inline style": r"<style|\sstyle\s*=", "an event handler": r"<[^>]*\son[a-z]+\s*=\s*[\"']",
        "an inline script": r"<script(?![^>]*\ssrc=)", "a foreign address": r"[\"'(=]\s*(https?:)?//\w",
    }.items():
        found = re.search(pattern, text)
        assert not found, f"{name(path)} holds {what}: {text[found.start():found.start() + 60]!r}"


# Screens that hold no interface texts: the style guide shows invented data.
SAMPLES = {"styleguide.jinja"}
_OUTSIDE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("path", [p for p in TEMPLATES if p.name not in SAMPLES], ids=name)
def test_every_chinese_text_of_a_template_can_be_translated(path: Path) -> None:
    text = without_comments(path.read_text(encoding="utf-8"))
    bare = [line for line in _OUTSIDE.sub("", text).splitlines() if _HAN.search(line)]
    assert not bare, f"{name(path)}: not in _(): {bare[:3]}"
    for inside in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", text, re.DOTALL):
        rest = re.sub(r"_\(\s*('[^']*'|\"[^\"]*\")", "", inside)
        for literal in re.finditer(r"'[^']*[\u4e00-\u9fff][^']*'|\"[^\"]*[\u4e00-\u9fff][^\"]*\"", rest):
            word = literal[0].strip("'\"")
            assert f"_('{word}')" in text or word in DATA, f"{name(path)}: not in _(): {literal[0]}"


# What is typed ahead for people is data, not the screen's own words.
DATA = {"国务院办公厅关于2027年部分节假日安排的通知"}


def without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)


# -- files and rooms -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_no_file_is_too_long_to_read_at_once(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{name(path)} has {lines} lines"


def room_of(label: str) -> int | None:
    return ROOMS.index(label) if label in ROOMS else None


def test_foreign_keys_point_to_the_same_room_or_to_one_below() -> None:
    wrong = []
    for model in apps.get_models():
        here = room_of(model._meta.app_label)
        if here is None or not model.__module__.startswith("weimin."):
            continue
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if target is None or field.auto_created:
                continue
            there = room_of(target._meta.app_label)
            if there is not None and there > here:
                wrong.append(f"{model.__name__}.{field.name} → {target.__name__}")
    assert not wrong, wrong


@pytest.mark.parametrize("path", sorted(HOUSE.rglob("migrations/0*.py")), ids=name)
def test_a_migration_depends_on_its_own_room_or_on_one_below(path: Path) -> None:
    here = room_of(path.parent.parent.name)
    assert here is not None
    for label in re.findall(r'\(\s*"(\w+)",\s*"(?:\d{4}_\w+|__first__)"\s*\)', path.read_text()):
        there = room_of(label)
        assert there is None or there <= here, f"{name(path)} depends on {label} above"


# -- jobs ----------------------------------------------------------------------------------------


def test_every_queue_has_a_worker() -> None:
    """`weimin worker` is started without a list of queues, which is how it serves them all."""
    command = (HOUSE / "ops" / "cli.py").read_text(encoding="utf-8")
    call = re.search(r'app\.run_worker\(([^)]*)\)', command)
    queues = {q for path in PYTHON for q in re.findall(r'queue="(\w+)"', path.read_text())}
    assert call and queues
    named = re.search(r'queues=\[([^\]]*)\]', call[1])
    assert named is None or queues <= set(re.findall(r'"(\w+)"', named[1])), f"no worker for {queues}"


def test_every_task_has_a_title_in_chinese() -> None:
    """Administrators read it in the list of jobs and in the audit."""
    from procrastinate.contrib.django import app

    ours = [task for task in app.tasks if task.startswith("weimin.")]
    assert len(ours) >= sum(path.read_text().count("@app.task(") for path in PYTHON)
    assert [task for task in ours if not re.search(r"[\u4e00-\u9fff]", titles.title_of(task))] == []
    assert set(ours) >= titles.ROUTINE
