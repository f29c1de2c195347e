"""One invented example of each form, for looking at and for the tests.

Qinghe county (清禾县) does not exist; identity numbers carry the division code
999999, which no place has, and a valid check digit (GB 11643-1999), so that they
pass validation and can be nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

from stdnum.cn import ric

from weimin.documents.numbers import document_number
from weimin.documents.shapes import (
    Acceptance,
    Certificate,
    Consent,
    Contact,
    Decision,
    Delivery,
    Dossier,
    Extension,
    Notice,
    Receipt,
    Refusal,
    Revocation,
    Slip,
    Special,
    Transfer,
)

_CHINA = timezone(timedelta(hours=8))
_COUNTY = "清禾县民政局"
_CENTRE = "清禾县柳坪镇便民服务中心"
_CASE = "QH-2026-11-000128-6"
_PERMIT_CASE = "QH-2026-11-000137-2"
_VILLAGE = "柳坪镇青竹村村民委员会"
_PERMIT = "农村公益性骨灰安放设施建设审批"
_QR = f"https://weimin.example/c/{_CASE}"
_PERMIT_QR = f"https://weimin.example/c/{_PERMIT_CASE}"
_REMEDY = (
    "如不服本决定，可以自知道本决定之日起60日内向清禾县人民政府申请行政复议，"
    "也可以自知道本决定之日起6个月内依法向清禾县人民法院提起行政诉讼。"
)


def nobodys_id_number(born: date, serial: int) -> str:
    """A valid-looking number of nobody: division code 999999."""
    body = f"999999{born:%Y%m%d}{serial:03d}"
    return body + str(ric.calc_check_digit(body))


def _masked(number: str) -> str:
    return number[:6] + "*" * 8 + number[-4:]


_ZHAO_ID = _masked(nobodys_id_number(date(1951, 3, 12), 17))
_CONTACT: Contact = {
    "office": "清禾县民政局综合窗口",
    "name": "李晓兰",
    "phone": "0000-6000012",
    "place": "清禾县政务服务中心二楼12号窗口",
}
_FIRST: Contact = {
    "office": "柳坪镇便民服务中心综合窗口",
    "name": "李晓兰",
    "phone": "0000-6000128",
    "hours": "工作日8:30至17:30",
}

receipt: Receipt = {
    "demo": True,
    "organ": _CENTRE,
    "case_no": _CASE,
    "follow_code": "7K3M-92QF",
    "item": "老年人优待证办理",
    "applicant": {
        "name": "赵大爷",
        "id_number": _ZHAO_ID,
        "phone": "尾号 0128",
        "agent": "赵小梅（女儿）",
        "agent_basis": "授权委托书",
    },
    "received_at": datetime(2026, 11, 20, 9, 42, tzinfo=_CHINA),
    "received_by": "李晓兰",
    "materials": [
        {
            "name": "居民身份证",
            "copies": 1,
            "kind": "复印件",
            "original_seen": True,
            "original_returned": True,
        },
        {
            "name": "居民户口簿（首页和本人页）",
            "copies": 1,
            "kind": "复印件",
            "original_seen": True,
            "original_returned": True,
        },
        {"name": "近期免冠照片（2寸，白底）", "copies": 2, "kind": "原件"},
        {"name": "授权委托书", "copies": 1, "kind": "原件", "note": "代办人赵小梅"},
        {"name": "老年人优待证申请表", "copies": 1, "kind": "电子件", "note": "窗口代填，本人签名"},
    ],
    "next_step": {
        "what": "告知是否受理，材料有缺的一次告知",
        "by": date(2026, 11, 27),
        "who": _COUNTY,
    },
    "first_contact": _FIRST,
    "follow_url": "weimin.example/c",
    "notices": [
        "五个工作日内未告知需要补正的，自收到材料之日起即为受理（本中心服务承诺，演示用）。",
        "核验过的原件已当面退还。",
    ],
    "trail_code": "3F9A 71C0 5D22 E8B4",
    "qr": _QR,
}

notice: Notice = {
    "demo": True,
    "organ": _COUNTY,
    "number": document_number("清民补", 2026, 12),
    "issued_on": date(2026, 11, 23),
    "addressee": _VILLAGE,
    "to_organisation": True,
    "case_no": _PERMIT_CASE,
    "item": _PERMIT,
    "received_on": date(2026, 11, 20),
    "missing": [
        {
            "name": "村民会议决议",
            "problem": "到会人数未填写，不能看出是否过半数",
            "remedy": "补填到会人数，由村民委员会盖章",
            "basis": "事项指南第2项",
        },
        {
            "name": "用地材料",
            "problem": "未提交",
            "remedy": "提交自然资源部门的用地批准材料复印件1份；已在本县办理过的，告知编号即可，不必提交",
        },
        {"name": "申请书", "problem": "第3页建设地点未填写", "remedy": "补填后由负责人签名"},
    ],
    "deadline": date(2026, 12, 14),
    "how": "可以到任一便民服务中心窗口、邮寄或者通过办事大厅“补正材料”提交。",
    "where": "清禾县柳坪镇便民服务中心综合窗口",
    "effect": "补正齐全后，本机关自收到全部补正材料之日受理。本告知书以外，不再要求补正本次申请的其他材料。",
    "contact": _CONTACT,
    "qr": _PERMIT_QR,
}

acceptance: Acceptance = {
    "demo": True,
    "organ": _COUNTY,
    "number": document_number("清民受", 2026, 128),
    "issued_on": date(2026, 11, 23),
    "addressee": _VILLAGE,
    "to_organisation": True,
    "case_no": _PERMIT_CASE,
    "item": _PERMIT,
    "accepted_on": date(2026, 11, 23),
    "promised_by": date(2026, 12, 7),
    "statutory_by": date(2026, 12, 21),
    "promised_term": "自受理之日起10个工作日",
    "statutory_term": "20个工作日",
    "accountable": {
        "office": "清禾县民政局社会事务股",
        "name": "王建国",
        "phone": "0000-6000036",
    },
    "excluded": "听证、检验、检测、鉴定和专家评审所需时间不计算在内，需要时另行书面告知。",
    "fee": "不收费",
    "contact": {"office": "清禾县政务服务监督电话", "phone": "0000-6000345"},
}

refusal: Refusal = {
    "demo": True,
    "organ": _COUNTY,
    "number": document_number("清民不受", 2026, 3),
    "issued_on": date(2026, 11, 24),
    "addressee": "钱秀英",
    "case_no": "QH-2026-11-000131-9",
    "item": "社会团体成立登记",
    "received_on": date(2026, 11, 20),
    "facts": "经查，您申请成立的“清禾县柳坪钓鱼协会”的活动地域为柳坪镇和邻县三个镇，跨越县级行政区域。",
    "reasons": "跨行政区域的社会团体，由所跨行政区域的共同上一级人民政府的登记管理机关负责登记管理，上述申请事项依法不属于本机关职权范围。您可以向其上一级民政部门申请，本机关可以代为转交材料。",
    "basis": "《中华人民共和国行政许可法》第三十二条第一款第二项、《社会团体登记管理条例》第七条",
    "remedy": _REMEDY,
    "contact": _CONTACT,
    "qr": _QR,
}

decision: Decision = {
    "demo": True,
    "organ": _COUNTY,
    "number": document_number("清民许", 2026, 12),
    "issued_on": date(2026, 12, 4),
    "addressee": "清禾县柳坪镇夕阳红老年协会",
    "to_organisation": True,
    "case_no": "QH-2026-11-000140-7",
    "item": "社会团体成立登记",
    "granted": True,
    "kind": "社会团体成立登记",
    "accepted_on": date(2026, 11, 23),
    "facts": "你单位有会员56人，有规范的名称和相应的组织机构，有固定住所和与业务活动相适应的专职工作人员，活动资金3万元，能够独立承担民事责任。",
    "reasons": "上述事实有会员名册、住所使用权证明、验资材料和章程草案在案，符合社会团体成立的法定条件，材料齐全。",
    "basis": "《社会团体登记管理条例》第十条、第十二条和《中华人民共和国行政许可法》第三十八条第一款",
    "content": "准予登记的名称为“清禾县柳坪镇夕阳红老年协会”，法定代表人孙长福，活动地域为清禾县柳坪镇。登记证书自本决定作出之日起十个工作日内颁发、送达。",
    "conditions": ["按照核准的章程开展活动。", "登记事项变更的，自业务主管单位审查同意之日起30日内申请变更登记。"],
    "remedy": _REMEDY,
    "attachments": ["核准的章程", "社会团体登记事项表"],
    "copies_to": ["柳坪镇人民政府", "清禾县公安局"],
    "qr": _QR,
}

denial: Decision = {
    "demo": True,
    "organ": _COUNTY,
    "number": document_number("清民许", 2026, 13),
    "issued_on": date(2026, 12, 4),
    "addressee": "钱秀英",
    "case_no": "QH-2026-11-000144-1",
    "item": "特困人员供养",
    "granted": False,
    "kind": "特困人员供养",
    "accepted_on": date(2026, 11, 23),
    "facts": "经入户调查、信息核对和民主评议，您有法定赡养义务人2名，均有稳定收入，具备赡养能力。",
    "reasons": "特困人员供养以无劳动能力、无生活来源且无法定赡养义务人或者其义务人无履行能力为条件，您的情形不符合。您可以就住房修缮另行申请临时救助，本机关已将该情况告知柳坪镇人民政府。",
    "basis": "《中华人民共和国社会救助法》第十六条、第四十五条",
    "remedy": _REMEDY,
    "contact": _CONTACT,
    "qr": _QR,
}

revocation: Revocation = {
    "demo": True,
    "organ": _COUNTY,
    "number": document_number("清民撤", 2026, 2),
    "issued_on": date(2026, 12, 18),
    "addressee": "清禾县柳坪镇夕阳红老年协会",
    "to_organisation": True,
    "case_no": "QH-2026-11-000140-7",
    "item": "社会团体成立登记",
    "title": "撤销社会团体法人登记证书决定书",
    "kind": "撤销",
    "issuer": _COUNTY,
    "granted_on": date(2026, 12, 4),
    "certificates": [{"title": "社会团体法人登记证书", "number": "清禾县民政局〔2026〕12号"}],
    "reasons": "经核查，申请时提交的会员名册中有31人并未入会，签名系他人代签，你单位实有会员25人，不足五十人。",
    "basis": "《中华人民共和国行政许可法》第六十九条第二款",
    "ground": "以欺骗、贿赂等不正当手段取得",
    "by_analogy": False,
    "effect": "所发证照自始无效，基于它取得的利益不受保护（同条第四款）。",
    "remedy": _REMEDY,
    "contact": _CONTACT,
    "qr": _QR,
}

certificate: Certificate = {
    "demo": True,
    "organ": _COUNTY,
    "title": "老年人优待证",
    "number": "QHYD-2026-004512-3",
    "holder": "赵大爷",
    "id_number": _ZHAO_ID,
    "fields": [("性别", "男"), ("出生年月", "1951年3月"), ("户籍所在地", "清禾县柳坪镇青竹村")],
    "statement": "持证人凭本证在本县行政区域内享受乘坐公共汽车、进入公园和公共文化场馆、就医挂号等优待。愿您健康长寿，安享晚年。",
    "valid_from": date(2026, 12, 4),
    "valid_until": None,
    "issued_on": date(2026, 12, 4),
    "verify_code": "8H2K-5TQP",
    "verify_url": "weimin.example/v",
    "qr": "https://weimin.example/v/QHYD-2026-004512-3",
}

extension: Extension = {
    "demo": True,
    "organ": _COUNTY,
    "number": document_number("清民延", 2026, 5),
    "issued_on": date(2026, 12, 18),
    "addressee": _VILLAGE,
    "to_organisation": True,
    "case_no": _PERMIT_CASE,
    "item": _PERMIT,
    "accepted_on": date(2026, 11, 23),
    "old_due": date(2026, 12, 21),
    "new_due": date(2027, 1, 5),
    "term": "延长10个工作日",
    "reasons": "因现场核查中发现设计图纸的消防通道与现场不一致，需要由设计单位出具说明并复核，不能在原定期限内作出决定。",
    "basis": "《中华人民共和国行政许可法》第四十二条第一款",
    "approved_by": "本机关负责人",
    "remedy": "延长期限内，不需要重复提交材料；进度可以凭办件编号随时查询。",
    "contact": _CONTACT,
    "qr": _PERMIT_QR,
}

special: Special = {
    "demo": True,
    "organ": _COUNTY,
    "number": document_number("清民特", 2026, 2),
    "issued_on": date(2026, 11, 25),
    "addressee": _VILLAGE,
    "to_organisation": True,
    "case_no": _PERMIT_CASE,
    "item": _PERMIT,
    "accepted_on": date(2026, 11, 23),
    "procedure": "专家评审",
    "reasons": "申报的建设地点位于山坡，其地质稳定性需要由专业人员现场评审后作出判断。",
    "basis": "《中华人民共和国行政许可法》第四十五条",
    "starts_on": date(2026, 11, 26),
    "term": "8个工作日",
    "until": date(2026, 12, 7),
    "effect": "评审结束的次日起恢复计算办理期限，恢复后的办结日期将另行告知。评审不收取费用。",
    "contact": _CONTACT,
    "qr": _PERMIT_QR,
}

delivery: Delivery = {
    "demo": True,
    "organ": _COUNTY,
    "case_no": "QH-2026-11-000140-7",
    "item": "社会团体成立登记",
    "recipient": "清禾县柳坪镇夕阳红老年协会（法定代表人孙长福）",
    "documents": [
        {
            "title": "准予社会团体成立登记决定书",
            "number": document_number("清民许", 2026, 12),
            "copies": 1,
        },
        {"title": "社会团体法人登记证书（正本、副本）", "copies": 2},
    ],
    "method": "直接送达",
    "place": "清禾县政务服务中心二楼12号窗口",
    "servers": ["王建国", "李晓兰"],
    "received_at": datetime(2026, 12, 8, 10, 15, tzinfo=_CHINA),
    "strokes": [
        [(10, 40), (60, 36), (58, 60), (34, 92), (12, 104)],
        [(36, 12), (38, 60), (70, 100)],
        [(100, 20), (130, 18), (112, 40), (112, 102), (98, 92)],
        [(92, 66), (140, 58)],
        [(170, 30), (168, 100)],
        [(170, 32), (210, 30), (208, 70), (172, 72)],
        [(232, 44), (268, 40), (250, 96), (236, 100)],
    ],
    "remark": "同时口头告知行政复议和行政诉讼的权利和期限。",
}

consent: Consent = {
    "demo": True,
    "organ": _COUNTY,
    "case_no": _CASE,
    "item": "老年人优待证办理",
    "recipient": "赵大爷",
    "id_number": _ZHAO_ID,
    "contact": _FIRST,
}

slip: Slip = {
    "demo": True,
    "organ": _CENTRE,
    "number": "A036",
    "service": "民政·养老",
    "waiting": 4,
    "taken_at": datetime(2026, 11, 20, 9, 30, tzinfo=_CHINA),
    "windows": "2至4号窗口",
    "minutes": 15,
    "notes": [
        "过号请到引导台，不必重新取号。",
        "七十岁以上老人、孕妇、残疾人请告诉引导员，优先办理。",
    ],
    "qr": "https://weimin.example/q/A036",
}

transfer: Transfer = {
    "demo": True,
    "organ": _COUNTY,
    "number": document_number("清民函", 2026, 21),
    "issued_on": date(2026, 11, 24),
    "addressee": "清禾县人力资源和社会保障局",
    "case_no": "QH-2026-11-000151-4",
    "item": "城乡居民养老保险待遇申领",
    "applicant": {"name": "赵大爷", "id_number": _ZHAO_ID},
    "received_on": date(2026, 11, 23),
    "reasons": "经审查，该事项属于你单位职责范围。",
    "basis": "《清禾县政务服务事项实施清单》（演示用，系本项目虚构）",
    "materials": [
        {
            "name": "居民身份证",
            "copies": 1,
            "kind": "复印件",
            "original_seen": True,
            "original_returned": True,
        },
        {"name": "城乡居民养老保险待遇领取申请表", "copies": 1, "kind": "原件"},
    ],
    "clock": "办理时限自本机关收到申请之日起连续计算，不因移送重新计算。",
    "informed": "移送情况和你单位的联系方式已于2026年11月24日告知申请人。",
    "contact": _CONTACT,
    "qr": _QR,
}

dossier: Dossier = {
    "demo": True,
    "organ": _COUNTY,
    "case_no": _CASE,
    "item": _PERMIT,
    "applicant": "赵**",
    "year": 2026,
    "retention": "30年（D30）",
    "began": date(2026, 11, 20),
    "ended": date(2026, 12, 4),
    "outcome": "准予",
    "accountable": "清禾县民政局审批岗",
    "papers": [
        {"title": "收件回执", "maker": _CENTRE, "on": date(2026, 11, 20),
         "file": "papers/01-receipt.pdf"},
        {"title": "决定书", "number": document_number("清民许", 2026, 12), "maker": _COUNTY,
         "on": date(2026, 12, 1), "file": "papers/02-decision.pdf"},
    ],
    "notes": ["办理记录和核验方法见 README.txt。"],
}

SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "receipt": receipt,
    "notice": notice,
    "acceptance": acceptance,
    "refusal": refusal,
    "decision": decision,
    "revocation": revocation,
    "certificate": certificate,
    "extension": extension,
    "special": special,
    "delivery": delivery,
    "consent": consent,
    "slip": slip,
    "transfer": transfer,
    "dossier": dossier,
}
