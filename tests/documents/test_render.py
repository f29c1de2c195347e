"""Every form, read back from its PDF."""

import io
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from pypdf import PdfReader

from weimin.documents.numbers import document_number
from weimin.documents.render import (
    BadFormData,
    MissingGlyphs,
    Typesetter,
    missing_glyphs,
    render,
    typesetter,
)
from weimin.documents.sample_data import SAMPLES, denial, nobodys_id_number
from weimin.documents.shapes import FORMS

RARE = "𠮷"  # U+20BB7, in neither of our fonts
WITH_SEAL = [form for form in FORMS if form not in ("slip", "dossier", "consent")]


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text().replace("\n", "") for page in PdfReader(io.BytesIO(pdf)).pages]


def changed(form: str, **values: Any) -> dict[str, Any]:
    return {**deepcopy(dict(SAMPLES[form])), **values}


def only_required(data: Any, hint: Any) -> Any:
    """The data without a single optional key, at any depth."""
    from typing import get_args, get_origin, get_type_hints, is_typeddict

    if is_typeddict(hint):
        kinds = get_type_hints(hint)
        return {k: only_required(data[k], kinds[k]) for k in hint.__required_keys__}
    if get_origin(hint) is list:
        return [only_required(each, get_args(hint)[0]) for each in data]
    return data


WORDS: Mapping[str, tuple[str, ...]] = {
    "receipt": ("QH-2026-11-000128-6", "7K3M-92QF", "不表示申请已被受理", "0000-6000128", "已退还"),
    "notice": ("清民补〔2026〕12号", "补正材料一次性告知书", "村民会议决议", "2026年12月14日"),
    "acceptance": ("清民受〔2026〕128号", "2026年12月7日", "2026年12月21日", "王建国"),
    "refusal": ("清民不受〔2026〕3号", "不予受理", "60日", "6个月"),
    "decision": ("清民许〔2026〕12号", "准予社会团体成立登记决定书", "6个月", "抄送"),
    "revocation": ("清民撤〔2026〕2号", "撤销社会团体法人登记证书决定书", "第六十九条第二款", "60日", "6个月"),
    "certificate": ("QHYD-2026-004512-3", "赵大爷", "长期有效", "8H2K-5TQP"),
    "extension": ("清民延〔2026〕5号", "2027年1月5日", "本机关负责人"),
    "special": ("清民特〔2026〕2号", "8个工作日", "专家评审"),
    "delivery": ("QH-2026-11-000140-7", "清民许〔2026〕12号", "直接送达"),
    "consent": ("QH-2026-11-000128-6", "赵大爷", "电子送达确认书", "不同意", "第九十条"),
    "slip": ("A036", "前面等候", "2至4号窗口"),
    "dossier": ("QH-2026-11-000128-6", "卷内目录", "30年（D30）", "papers/01-"),
    "transfer": ("清民函〔2026〕21号", "清禾县人力资源和社会保障局", "连续计算"),
}


def test_every_form_has_a_sample_and_expected_words() -> None:
    assert set(FORMS) == set(SAMPLES) == set(WORDS)


@pytest.mark.parametrize("form", FORMS)
def test_number_and_words_can_be_read_back(form: str) -> None:
    text = "".join(pages_of(render(form, SAMPLES[form])))
    assert [word for word in WORDS[form] if word not in text] == []


@pytest.mark.parametrize("form", FORMS)
def test_demo_mark_is_on_every_page_and_only_in_the_demo(form: str) -> None:
    long = {"materials": 60, "missing": 40}
    data = changed(form, **{k: SAMPLES[form][k] * n for k, n in long.items() if k in SAMPLES[form]})
    for page in pages_of(render(form, data)):
        assert page.count("演示 · 无法律效力") >= 8
    for page in pages_of(render(form, data | {"demo": False})):
        assert "演示 · 无法律效力" not in page


@pytest.mark.parametrize("form", FORMS)
def test_optional_keys_may_all_be_absent_or_empty(form: str) -> None:
    bare = only_required(SAMPLES[form], FORMS[form])
    hints: Any = FORMS[form]
    empty = {**bare, **dict.fromkeys(hints.__optional_keys__)}
    for text in ("".join(pages_of(render(form, data))) for data in (bare, empty)):
        assert "None" not in text and "none" not in text


@pytest.mark.parametrize("form", FORMS)
def test_all_faults_are_named_at_once(form: str) -> None:
    data = changed(form, organ=" ", misspelt="x")
    del data["demo"]
    with pytest.raises(BadFormData) as caught:
        render(form, data)
    faults = " ".join(caught.value.faults)
    assert "data.demo: missing" in faults
    assert "data.misspelt: unknown" in faults
    assert "data.organ: is blank" in faults


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(BadFormData, match="no such form"):
        render("../../etc/passwd", {})


@pytest.mark.parametrize("form", WITH_SEAL)
def test_a_form_keeps_one_place_for_the_seal_within_its_last_text_page(form: str) -> None:
    printed = typesetter().typeset(form, SAMPLES[form])
    (place,) = printed.seals
    box = PdfReader(io.BytesIO(printed.pdf)).pages[place.page].mediabox
    half = place.diameter / 2
    assert place.office == SAMPLES[form]["organ"]
    assert half <= place.x <= float(box.width) - half
    assert half <= place.y <= float(box.height) - half


@pytest.mark.parametrize("form", WITH_SEAL)
def test_forty_character_names_fit(form: str) -> None:
    organ = "清禾县柳坪镇" + "人力资源和社会保障" * 4  # 42 characters
    name = "青竹" * 20
    place = "addressee" if "addressee" in SAMPLES[form] else "recipient"
    data = changed(form, organ=organ, item="事项" * 20)
    data |= {key: name for key in (place, "holder") if key in data}
    data.pop("item") if "item" not in SAMPLES[form] else None
    printed = typesetter().typeset(form, data)
    reader = PdfReader(io.BytesIO(printed.pdf))
    (seal,) = printed.seals
    assert 60 <= seal.x <= float(reader.pages[seal.page].mediabox.width) - 60
    assert organ[:12] in "".join(pages_of(printed.pdf))


def test_thirty_materials_go_over_pages_with_the_head_repeated() -> None:
    one = SAMPLES["receipt"]["materials"][0]
    many = [one | {"name": f"第{n}份材料（含附图和说明）"} for n in range(1, 31)]
    pages = pages_of(render("receipt", changed("receipt", materials=many)))
    assert len(pages) >= 2
    assert all(f"第{n}份材料" in "".join(pages) for n in range(1, 31))
    assert "材料名称" in pages[0] and "材料名称" in pages[1]
    assert all(f"第 {n} 页，共 {len(pages)} 页" in page for n, page in enumerate(pages, 1))


def test_granted_and_refused_decisions_say_so() -> None:
    assert "准予社会团体成立登记决定书" in pages_of(render("decision", SAMPLES["decision"]))[0]
    refused = "".join(pages_of(render("decision", denial)))
    assert "不予特困人员供养决定书" in refused and "行政复议" in refused


def test_a_rare_character_that_the_font_has_is_printed() -> None:
    assert missing_glyphs("赵㛃") == set()
    assert "赵㛃" in "".join(pages_of(render("certificate", changed("certificate", holder="赵㛃"))))


def test_a_character_that_no_font_has_becomes_a_visible_mark_with_its_code_point() -> None:
    assert missing_glyphs(f"赵{RARE}") == {RARE}
    printed = typesetter().typeset("certificate", changed("certificate", holder=f"赵{RARE}"))
    text = "".join(pages_of(printed.pdf))
    assert printed.missing == {RARE}
    assert "〓" in text and "U+20BB7" in text and "字库暂缺" in text


def test_or_is_refused_where_a_mark_will_not_do() -> None:
    data = changed("certificate", holder=f"赵{RARE}")
    with pytest.raises(MissingGlyphs, match=r"U\+20BB7"):
        typesetter().typeset("certificate", data, mark=False)


@pytest.mark.parametrize("char", ["\u202e", "\ue000", "\ufe0f", "\x07", "\U0001f600"])
def test_direction_overrides_private_use_and_emoji_cannot_hide(char: str) -> None:
    assert missing_glyphs(f"赵{char}") == {char}


def test_no_word_of_our_own_templates_is_missing() -> None:
    from weimin.documents import render as module

    for template in module._TEMPLATES.glob("*.typ"):
        assert missing_glyphs(template.read_text(encoding="utf-8")) == set(), template


def test_what_a_resident_types_is_never_markup() -> None:
    nasty = '#panic("x") $x$ *粗* @a <b> \\u{41} `c` // 注'
    text = "".join(pages_of(render("refusal", changed("refusal", addressee=nasty))))
    assert '#panic("x") $x$ *粗* @a <b> \\u{41} `c` // 注' in text


def test_the_same_data_give_the_same_bytes() -> None:
    again = Typesetter()
    for form, data in SAMPLES.items():
        assert render(form, data) == again.typeset(form, data).pdf


def test_document_numbers_have_hexagonal_brackets_and_no_leading_zero() -> None:
    assert document_number("清民许", 2026, 12) == "清民许〔2026〕12号"


def test_people_of_the_samples_cannot_exist() -> None:
    from datetime import date

    from stdnum.cn import ric

    number = nobodys_id_number(date(1951, 3, 12), 17)
    assert number.startswith("999999")
    assert ric.calc_check_digit(number[:-1]) == number[-1]
