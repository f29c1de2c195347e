"""Invented content for the style guide: nothing of it is real, nothing of it is data."""

from collections.abc import Mapping
from typing import Any

import segno
from django.template import engines
from markupsafe import Markup

from weimin.web.steps_graph import layout


def _step(
    key: str, name: str, office: str, state: str, note: str | None = None, needs: Any = ()
) -> Mapping[str, Any]:
    return {
        "key": key,
        "name": name,
        "office": office,
        "state": state,
        "note": note,
        "needs": needs,
    }


def sample_context() -> dict[str, Any]:
    """What the style guide shows."""
    engine: Any = engines["jinja2"]
    ui = engine.env.get_template("components.jinja").module
    return {
        "toc": _TOC,
        "contrast": [],
        "events": _EVENTS,
        "table_rows": _rows(ui),
        "graph_a": _graph_a(),
        "graph_b": _graph_b(),
        "graph_c": _graph_c(),
        "qr": Markup(
            segno.make("https://weimin.example/follow", error="m").svg_inline(
                border=2, omitsize=True
            )
        ),
    }


def _graph_a() -> dict[str, Any]:
    return layout(
        [
            _step("r", "收件", "石桥村服务站", "done", "10月30日 周五"),
            _step("c", "初审", "镇社会事务办", "done", "11月2日 周一", ["r"]),
            _step("v", "入户调查", "镇社会事务办", "late", "超期 2 个工作日", ["c"]),
            _step("p", "户籍核验", "县公安局", "done", "11月3日 周二", ["c"]),
            _step("b", "存款核对", "县核对中心", "returned", "退回：授权书没签名", ["c"]),
            _step("n", "公示 7 天", "石桥村", "waiting", None, ["v"]),
            _step("d", "审批", "县民政局", "waiting", None, ["n", "p", "b"]),
            _step("s", "发放", "县财政局", "waiting", None, ["d"]),
        ]
    )


def _graph_b() -> dict[str, Any]:
    return layout(
        [
            _step("r", "收件", "镇便民服务中心", "done"),
            _step("l", "用地审查", "自然资源所", "done", None, ["r"]),
            _step("a", "农业审查", "农业服务中心", "done", None, ["r"]),
            _step("t", "交通意见", "县交通局", "skipped", None, ["r"]),
            _step("w", "水利意见", "县水利局", "open", "还剩 4 个工作日", ["r"]),
            _step("m", "联合踏勘", "镇村建办", "waiting", None, ["l", "a"]),
            _step("d", "批准", "镇人民政府", "waiting", None, ["m", "t", "w"]),
        ]
    )


def _graph_c() -> dict[str, Any]:
    return layout(
        [
            _step("r", "收件并办结", "石桥村服务站", "open", "当场办"),
            _step("i", "打印凭证", "石桥村服务站", "waiting", None, ["r"]),
        ]
    )


_EVENTS = [
    {
        "at": "2026年11月19日 周四 09:12",
        "what": "打开审核",
        "who": "县民政局 老龄科 王建平",
        "icon": "circle-dot",
        "proof": "4be1 9c07",
    },
    {
        "at": "2026年11月18日 周三 16:40",
        "what": "户籍核验通过",
        "who": "县公安局 户政科",
        "icon": "circle-check",
        "proof": "d20a 771e",
    },
    {
        "at": "2026年11月18日 周三 10:05",
        "what": "补来照片",
        "who": "石桥村服务站 罗小敏",
        "icon": "plus",
        "said": "现场拍的，原来那张是旧照。",
        "proof": "0f53 b6aa",
    },
    {
        "at": "2026年11月17日 周二 15:30",
        "what": "告知补正",
        "who": "镇便民服务中心 李晓燕",
        "icon": "circle-alert",
        "tone": "soon",
        "said": "缺近期一寸照片 1 张。其他都齐了。",
        "proof": "8812 3e4d",
    },
    {
        "at": "2026年11月17日 周二 09:47",
        "what": "收件",
        "who": "石桥村服务站 罗小敏",
        "icon": "inbox",
        "proof": "17c9 a05b",
    },
]


def _rows(ui: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": 1,
            "item": "老人证",
            "who": "陈*英",
            "state": ui.state_tag("running"),
            "due": "11月23日 周一",
            "days": "2",
            "href": "#tables",
        },
        {
            "id": 2,
            "item": "低保",
            "who": "向*明",
            "state": ui.light("red", "超期 2 个工作日"),
            "due": "11月17日 周二",
            "days": "8",
            "href": "#tables",
            "picked": True,
        },
        {
            "id": 3,
            "item": "农村村民建房审批",
            "who": "石*军",
            "state": ui.state_tag("notified"),
            "due": "12月4日 周五",
            "days": "1",
            "href": "#tables",
        },
    ]


_TOC = [
    ("colour", "颜色"),
    ("shell", "页头"),
    ("buttons", "按钮"),
    ("fields", "填写"),
    ("answers", "核对"),
    ("status", "状态"),
    ("tables", "表格"),
    ("steps", "步骤"),
    ("materials", "材料"),
    ("trail", "经过"),
    ("confirm", "确认"),
    ("ask", "追问"),
    ("progress", "进度"),
    ("rating", "评价"),
    ("figures", "数字"),
    ("portal", "首页"),
]
