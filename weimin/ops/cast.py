"""The cast of the demo: who can log in, and into which post."""

from dataclasses import dataclass

PASSWORD = "weimin-demo-2026"


@dataclass(frozen=True, slots=True)
class Member:
    """One invented member of staff."""

    username: str
    name: str
    office: str
    post: str
    role: str


VILLAGE, TOWN, COUNTY, CITY = "430421103200", "430421103", "430421", "4304"

CAST = (
    Member("zhang", "张小梅", f"{VILLAGE}.service", "info", "杉桥村信息服务专员"),
    Member("li", "李建国", f"{TOWN}.service", "clerk", "杉桥镇综合窗口"),
    Member("liu", "刘志红", f"{TOWN}.social", "reviewer", "杉桥镇社会事务办经办"),
    Member("tang", "唐主任", f"{TOWN}.social", "head", "杉桥镇社会事务办主任"),
    Member("he", "何卫东", f"{COUNTY}.civil-affairs", "reviewer", "衡阳县民政局审核岗"),
    Member("peng", "彭局", f"{COUNTY}.civil-affairs", "approver", "衡阳县民政局分管负责人"),
    Member("deng", "邓农办", f"{TOWN}.agriculture", "reviewer", "杉桥镇农业农村办经办"),
    Member("kuang", "邝主任", f"{TOWN}.agriculture", "head", "杉桥镇农业农村办主任"),
    Member("hu", "胡规划", f"{TOWN}.building", "reviewer", "杉桥镇规划建设办经办"),
    Member("xie", "谢国土", f"{COUNTY}.natural-resources", "reviewer", "衡阳县自然资源和规划局审核岗"),
    Member("liao", "廖市监", f"{COUNTY}.market", "reviewer", "衡阳县市场监管局审核岗"),
    Member("ou", "欧住建", f"{COUNTY}.housing", "reviewer", "衡阳县住建局审核岗"),
    Member("fu", "符局", f"{COUNTY}.housing", "approver", "衡阳县住建局分管负责人"),
    Member("luo", "罗雪琴", f"{COUNTY}.agriculture", "reviewer", "衡阳县农业农村局审核岗"),
    Member("wang", "王海波", "430422103.service", "clerk", "外县乡镇综合窗口"),
    Member("chen", "陈督查", f"{COUNTY}.government", "supervisor", "衡阳县政府督查室"),
    Member("xiao", "肖县长", f"{COUNTY}.government", "head", "衡阳县政府分管负责人"),
    Member("qin", "秦正", f"{TOWN}.government", "head", "杉桥镇人民政府负责人"),
    Member("zhou", "周镇长", f"{TOWN}.government", "leader", "杉桥镇带班领导"),
    Member("admin", "系统管理员", f"{CITY}.admin", "sysadmin", "系统管理员"),
    Member("security", "安全管理员", f"{CITY}.admin", "secadmin", "安全管理员"),
    Member("audit", "审计管理员", f"{CITY}.admin", "auditor", "审计管理员"),
)
