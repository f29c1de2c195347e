"""The catalogue: which items there are, and all that is needed to apply for one."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema

from weimin.cases.facts import checked
from weimin.catalogue.finding import find, listed
from weimin.catalogue.routes import routes_now
from weimin.catalogue.spec import Field as FormField
from weimin.catalogue.spec import MaterialSpec
from weimin.web.api.shapes import FAULTS

router = Router()


class ItemOut(Schema):
    """An item of the catalogue."""

    code: str
    name: str
    word: str = ""
    type: str
    promised: str | None = None


@router.get("items", auth=None, response={200: list[ItemOut], **FAULTS}, summary="查找事项")
def items(request: HttpRequest, q: Annotated[str, Query(max_length=100)] = "") -> Any:
    """Items by the words of a resident; all of them without words."""
    found = find(q) if q.strip() else listed()
    return [
        ItemOut(code=f.item.code, name=f.item.name, word=f.word, type=f.item.type,
                promised=str(f.item.promised) if f.item.promised else None)
        for f in found
    ]


class FieldOut(Schema):
    """A question of an item's form: what ``answers`` may hold, under ``key``."""

    key: str
    label: str
    type: str
    required: bool
    multiple: bool = False
    options: dict[str, str] = Field({}, description="可选的值和它的名称")
    min: float | None = None
    max: float | None = None
    columns: list["FieldOut"] = []


class MaterialOut(Schema):
    """A material; which of them a case needs follows from its answers."""

    key: str
    name: str
    need: str = Field(description="required 必须、optional 可选、gap 可容缺")
    original: str = Field(description="kept 收原件、seen 验后退回、copy 复印件")
    commitment: bool = Field(description="可用告知承诺代替，写在 declared")


class ScenarioOut(Schema):
    """A question that changes which materials are needed; answered in ``answers`` under ``key``."""

    key: str
    question: str
    options: dict[str, str]


class ItemDetail(ItemOut):
    """All that is needed to apply for an item."""

    level: str
    subjects: list[str]
    condition: str
    form: list[FieldOut]
    materials: list[MaterialOut]
    scenarios: list[ScenarioOut]


def _field(field: FormField) -> FieldOut:
    return FieldOut(
        key=field.key, label=field.label, type=field.type, required=field.required,
        multiple=field.multiple, options=dict(field.options), min=field.min, max=field.max,
        columns=[_field(column) for column in field.columns],
    )


def _material(spec: MaterialSpec) -> MaterialOut:
    return MaterialOut(key=spec.key, name=spec.name, need=spec.need, original=spec.original,
                       commitment=spec.commitment)


@router.get("items/{code}", auth=None, response={200: ItemDetail, **FAULTS}, summary="一个事项")
def item(request: HttpRequest, code: Annotated[str, Path(max_length=40)]) -> Any:
    """What an item asks for: its form, its scenarios and its materials."""
    found = routes_now().item(code)
    return ItemDetail(
        code=found.code, name=found.name, type=found.type, level=found.level,
        promised=str(found.promised) if found.promised else None,
        subjects=list(found.data["subjects"]), condition=str(found.data["condition"]),
        form=[_field(field) for field in found.form],
        materials=[_material(m) for m in found.materials],
        scenarios=[
            ScenarioOut(key=s.key, question=s.question, options={
                str(o["value"]): str(o.get("label", o["value"])) for o in s.options})
            for s in found.scenarios
        ],
    )


class Answers(Schema):
    """What is answered so far; nothing is kept."""

    answers: dict[str, Any] = {}


@router.post("items/{code}/materials", auth=None, response={200: list[MaterialOut], **FAULTS},
             summary="按回答要交哪些材料")
def materials(request: HttpRequest, code: Annotated[str, Path(max_length=40)], body: Answers) -> Any:
    """The materials that a case with these answers needs; what is not answered asks for nothing more."""
    found = routes_now().item(code)
    facts = checked(found, body.answers, only=set(body.answers))
    return [_material(m) for m in found.materials_for(facts)]
