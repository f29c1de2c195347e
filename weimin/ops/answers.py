"""Invented answers to the forms of the items: believable, valid, about nobody."""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from weimin.catalogue.spec import Field, ItemSpec
from weimin.kernel import vault
from weimin.ops.people import identity_of, name_of
from weimin.registry.models import Person

Answers = dict[str, Any]

_TEXTS: dict[str, tuple[str, ...]] = {
    "address": ("村口临街一楼", "集镇农贸市场旁"),
    "assets": ("砖混房屋一处，无车辆，存款不足五千元", "土砖房三间，无其他财产"),
    "carer": ("由儿媳照料", "由老伴照料", "由村里护理员照料"),
    "children": ("一子一女，均在外务工", "一女，已出嫁"),
    "crop": ("水稻", "油菜", "蔬菜"),
    "disease": ("高血压（三级）", "糖尿病", "慢性阻塞性肺疾病"),
    "dishes": ("鱼粉、卤粉", "家常小炒"),
    "hospital": ("县人民医院（示意）", "县中医医院（示意）"),
    "licence_no": ("示意-2021-000318",),
    "loss": ("主要劳动力意外摔伤住院，自付费用较大", "家中失火，口粮和衣被受损"),
    "machine": ("手扶式插秧机（示意型号）", "履带式收割机（示意型号）"),
    "obligors": ("无法定赡养人", "一子重度残疾，无履行能力"),
    "org_name": ("示意建设有限公司", "示意农业专业合作社"),
    "project": ("村道加宽工程临时堆料", "光伏电站施工便道"),
    "purpose": ("购买原料和设备", "扩大养殖规模"),
    "reason": ("自来水管道抢修", "架设通信杆线"),
    "road_name": ("乡道 Y012 线 K3 处（示意）", "村道 C108 线（示意）"),
    "scope": ("日用百货零售", "农资零售"),
    "serial": ("SN-0000318",),
    "shop_name": ("杉桥示意小吃店", "界牌示意便利店"),
    "status": ("健康，在家务农", "长期患病"),
    "to_area": ("广东省东莞市", "浙江省宁波市"),
    "vaccine": ("口蹄疫疫苗（示意批号）",),
    "wish": ("家门口的制衣厂", "保洁、护理"),
    "work": ("网约配送", "家政服务"),
    "uscc": ("91990000MA00000008",),
}
_NAMES = frozenset(("spouse", "child", "deceased", "guardian"))
_NUMBERS: dict[str, tuple[int, int]] = {
    "aid_amount": (600, 5000), "amount": (50_000, 200_000), "income": (300, 1800),
    "price": (300, 900), "subsidy_amount": (900, 9000), "total": (2000, 30_000),
    "area_m2": (20, 120), "area_mu": (2, 30), "farmland_m2": (0, 20), "floors": (1, 3),
    "real_floors": (1, 3), "real_area": (80, 120), "heads": (30, 900), "house_year": (1975, 1995),
    "housing_m2": (8, 14), "length_m": (5, 60), "order": (1, 3), "paid_years": (15, 20),
    "staff": (1, 5), "years": (2, 15),
}
_OFTEN = frozenset(("local", "low_income", "only_house", "old_gone", "make_up"))


def answers_for(
    item: ItemSpec, person: Person, day: date, rng: random.Random, wanted: Mapping[str, Any]
) -> Answers:
    """A filled-in form; what the plot wants stands, the rest is invented."""
    said: Answers = {s.key: rng.choice(s.options)["value"] for s in item.scenarios}
    for field in item.form:
        said[field.key] = _answer(field, person, day, rng)
    return {**said, **wanted}


def _answer(field: Field, person: Person, day: date, rng: random.Random) -> Any:
    if field.prefill.startswith("person."):
        known = _known(field.prefill.removeprefix("person."), person)
        if known is not None:
            return known
    return _BY_TYPE.get(field.type, _text)(field, person, day, rng)


def _known(what: str, person: Person) -> Any:
    if what == "id_number":
        return vault.decrypt(person.identity_cipher)
    if what == "phone":
        return vault.decrypt(person.phone_cipher)
    if what == "birth":
        return person.birth and person.birth.isoformat()
    return {"name": person.name, "household_area": person.household_id,
            "residence_area": person.residence_id}.get(what)


def _text(field: Field, person: Person, day: date, rng: random.Random) -> str:
    if field.key in _NAMES:
        return name_of(rng)
    return rng.choice(_TEXTS.get(field.key, ("见所附材料",)))


def _number(field: Field, person: Person, day: date, rng: random.Random) -> int:
    low, high = _NUMBERS.get(field.key, (1, 10))
    low = max(low, int(field.min or 0))
    return rng.randint(low, max(low, min(high, int(field.max or high))))


def _day(field: Field, person: Person, day: date, rng: random.Random) -> str:
    ahead = field.key in ("to_day", "expected", "expires", "period_to")
    return (day + timedelta(days=rng.randint(20, 120) * (1 if ahead else -1))).isoformat()


def _choice(field: Field, person: Person, day: date, rng: random.Random) -> str | list[str]:
    value = rng.choice(field.options)[0]
    return [value] if field.key in ("disability_kinds", "hardship", "kinds") else value


def _table(field: Field, person: Person, day: date, rng: random.Random) -> list[Answers]:
    if field.key == "plots":
        return [{"name": name, "mu": rng.randint(1, 6), "crop": "水稻"}
                for name in rng.sample(("门前垅", "大塘边", "枫树坳", "石灰冲"), k=rng.randint(1, 2))]
    member = {"name": name_of(rng), "id": identity_of(rng, date(1970 + rng.randrange(30), 5, 6)),
              "relation": rng.choice(("配偶", "子", "女", "母亲")), "status": "健康，在家务农"}
    return [{column.key: member.get(column.key, "无") for column in field.columns}]


_BY_TYPE: dict[str, Any] = {
    "number": _number,
    "money": _number,
    "date": _day,
    "choice": _choice,
    "bool": lambda field, person, day, rng: field.key in _OFTEN,
    "table": _table,
    "area": lambda field, person, day, rng: person.residence_id,
    "id-number": lambda field, person, day, rng: identity_of(rng, date(1960, 3, 4)),
    "phone": lambda field, person, day, rng: f"190{rng.randrange(10**8):08d}",
    "bank-account": lambda field, person, day, rng: f"990000{rng.randrange(10**13):013d}",
}
