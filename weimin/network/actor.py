"""Who acts: a person in an acting post, a resident, or the system itself."""

from dataclasses import dataclass

STAFF_ROLES = {
    "info_officer": "信息服务专员",
    "clerk": "综合窗口",
    "reviewer": "审核",
    "head": "单位负责人",
    "government_head": "政府负责人",
    "supervisor": "督查",
    "leader": "带班领导",
    "sysadmin": "系统管理员",
    "secadmin": "安全管理员",
    "auditor": "审计管理员",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """An account in the post it acts in now. Verbs take one; nobody acts without."""

    account_id: int | None = None
    name: str = ""
    post_id: int | None = None
    post_title: str = ""
    office_id: int | None = None
    office_name: str = ""
    area_path: str = ""
    area_name: str = ""
    level: str = ""
    roles: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    offices: frozenset[int] = frozenset()  # his own and those he deputises in today
    posts: frozenset[int] = frozenset()  # his own and those he deputises for today
    person_id: int | None = None  # a resident
    is_system: bool = False

    @property
    def is_staff(self) -> bool:
        """Whether he acts in a post."""
        return self.post_id is not None

    @property
    def is_resident(self) -> bool:
        """Whether he acts for himself, as a resident."""
        return self.person_id is not None

    def has(self, *roles: str) -> bool:
        """Whether his post has one of these roles."""
        return not self.roles.isdisjoint(roles)


SYSTEM = Actor(name="系统", is_system=True)
