"""Who acts: a person in an acting post, a resident, or the system itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

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
    # Office → roles there: his own post's, and those of posts he deputises for today. A head's
    # deputy has the head's powers in that office, and in no other.
    powers: Mapping[int, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
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

    @property
    def offices(self) -> frozenset[int]:
        """The offices he belongs to today, his own and those he deputises in."""
        return frozenset(self.powers)

    def has(self, *roles: str) -> bool:
        """Whether the post he acts in has one of these roles."""
        return not self.roles.isdisjoint(roles)

    def has_in(self, office: int, *roles: str) -> bool:
        """Whether he has one of these roles in that office, himself or as a deputy."""
        return not self.powers.get(office, frozenset()).isdisjoint(roles)


SYSTEM = Actor(name="系统", is_system=True)
