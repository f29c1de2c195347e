"""The demo: the place, its people, and cases in every state, played through the verbs."""

import json
import logging
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import transaction

from weimin.cases.models import Card, Case
from weimin.cases.tasks import issue_due_cards
from weimin.cases.verbs import contest_card, rule_on_card
from weimin.catalogue.models import PackVersion
from weimin.kernel import clock, vault
from weimin.kernel.clock import SHANGHAI, local
from weimin.kernel.errors import WeiminError
from weimin.network.models import Area, Post
from weimin.ops.cast import CAST, COUNTY, PASSWORD
from weimin.ops.errors import OpsError
from weimin.ops.people import fill_posts, give_post, person_of
from weimin.ops.player import Player, Roles
from weimin.ops.plots import TOWN, Plot, ordinary, told
from weimin.ops.stage import Later, Moment, Stage, resident
from weimin.packs.publish import publish
from weimin.packs.read import read_pack
from weimin.registry.models import Organisation, Person
from weimin.trail import chain
from weimin.trail.models import Event
from weimin.voice.rate import CONTACTS, rate
from weimin.worktime.calendar import DAY

log = logging.getLogger("weimin.demo")
Say = Callable[[str], None]

SINCE = date(2020, 1, 1)  # everybody holds his post since
OTHER_TOWNS = ("430421100", "430421101", "430421104", "430421105")
COUNT = 120  # ordinary cases, beside those that each show one thing

chain.register(demo="装入演示办件")
_PLAYED = chain.Subject("demo", 1)
_PLOTS = chain.Subject("demo", 2)  # one event a case that was played

_WORDS = {
    5: ("村里就办好了，不用跑县城", "态度好，讲得清楚", ""), 4: ("比以前快", ""),
    3: ("等的时间有点长", ""), 2: ("同一份材料问了两次", ""), 1: ("超期了也没人告诉我",),
}


def load(say: Say) -> None:
    """Publish the place, seat its people and play the cases. A second call adds nothing."""
    pack = read_pack(_folder())
    last = PackVersion.objects.filter(pack=pack.name).order_by("-number").first()
    if last is None or last.digest != pack.digest:
        say("发布地方包：衡阳市……")
        publish(pack, now=clock.now(), say=say)
    with transaction.atomic():
        fill_posts(random.Random(2785), since=SINCE)
        seat_cast(make_password(PASSWORD))  # once: it is slow on purpose
    if not Event.objects.filter(subject_type=_PLAYED.type, subject_id=_PLAYED.id).exists():
        say("演示办件……")
        _play_all(say)


def seat_cast(hashed: str) -> None:
    """Put the printed accounts into their posts; they share one password, which comes hashed."""
    for member in CAST:
        post = Post.objects.get(office__code=member.office, key=member.post)
        give_post(member.username, member.name, post, hashed, since=SINCE)


def _folder() -> Path:
    found = Path(__file__).parents[2] / "packs" / "hengyang"
    if not found.is_dir():
        raise OpsError(f"没有找到演示地方包 {found}", "请在源代码目录中执行 weimin demo")
    return found


def _play_all(say: Say) -> None:
    played = {
        json.loads(bytes(body))["d"].get("plot") for body in Event.objects.filter(
            subject_type=_PLOTS.type, subject_id=_PLOTS.id).values_list("body", flat=True)
    }
    stage, until = Stage(), clock.now()
    known: dict[str, Person] = {}
    company, _ = Organisation.objects.get_or_create(
        uscc="91990000MA00000008",
        defaults={"name": "示意建设有限公司", "legal_representative": "示意人"}
    )
    plots = [*told(), *ordinary(COUNT, _villages())]
    for plot in plots:
        if plot.name in played:
            continue
        try:
            _play(stage, plot, until, known, company.pk)
        except WeiminError as error:  # cut off half-way at an earlier start: it stays as it is
            say(f"{plot.name}：{error}")
        with transaction.atomic():
            chain.append(_PLOTS, chain.Draft(verb="demo", occurred_at=until,
                                             data={"plot": plot.name}))
    issue_due_cards()
    _contest(stage, until)
    with transaction.atomic():
        chain.append(_PLAYED, chain.Draft(verb="demo", occurred_at=until,
                                          data={"cases": len(plots)}))
    say(f"{Case.objects.count()} 件演示办件")


def _contest(stage: Stage, now: datetime) -> None:
    """Some offices do not accept their red card; the supervisor has ruled on one of them."""
    red = Card.objects.filter(colour="red", state="standing").select_related("case")
    for n, card in enumerate(red.order_by("id")[:3]):
        day = local(now).date()
        try:
            contest_card(card.case.number, actor=stage.actor(card.office_id, day), now=now,
                         card=card.pk, reason="申请人住院，入户核查推迟，已电话告知")
            if n == 0:
                rule_on_card(card.case.number, actor=stage.of(f"{COUNTY}.government", day,
                             "supervisor"), now=now, card=card.pk, withdraw=True,
                             reason="经查属实，予以撤销")
        except WeiminError as error:  # paused, closed or outside the supervisor's area
            log.info("%s: %s", card.case.number, error)


def _villages() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    towns = (TOWN, *OTHER_TOWNS)
    for code, town in Area.objects.filter(
        parent__in=towns, valid_to=None, kind="ordinary"
    ).order_by("code").values_list("code", "parent_id"):
        found[town].append(code)
    return {town: tuple(codes[:6]) for town, codes in found.items()}


def _play(stage: Stage, plot: Plot, until: datetime, known: dict[str, Person], company: int
          ) -> None:
    rng = random.Random(f"demo {plot.name}")
    moment = _start(plot, until, rng)
    person = known.get(plot.who) or _person(plot, rng)
    if plot.who:
        known[plot.who] = person
    helper = (person_of(rng, household=plot.village)
              if plot.twists & {"agent", "guardian", "organisation"} else person)
    who = Roles(applicant=person, helper=helper, organisation=company)
    _phoneless(person, plot, rng)
    number = Player(stage, plot, who, moment).play()
    if not plot.twists & {"organisation", "no-phone", "land-line", "restrict"} and rng.random() < 0.5:
        _rate(number, person, moment, rng)


def _start(plot: Plot, until: datetime, rng: random.Random) -> Moment:
    """A working moment so many working days before now."""
    moment = Moment(until, until, rng)
    start, left = local(until).date(), plot.ago
    while left:
        start -= DAY
        left -= moment.calendar.is_workday(start)
    moment.at = datetime.combine(start, time(9), SHANGHAI)
    moment.on(start)
    return moment


def _phoneless(person: Person, plot: Plot, rng: random.Random) -> None:
    """Some have no phone that a message reaches: they stand on the list of today's calls."""
    if "land-line" in plot.twists:
        person.set_phone(f"0734{rng.randrange(8 * 10**6, 9 * 10**6):07d}")
    elif "no-phone" in plot.twists:
        person.phone_cipher, person.phone_hash, person.phone_mask = b"", None, ""
    else:
        return
    person.save(update_fields=["phone_cipher", "phone_hash", "phone_mask"])


def _person(plot: Plot, rng: random.Random) -> Person:
    years = {"ELD": (1936, 1956), "SOC": (1950, 1985), "EMP": (1970, 2003)}
    first, last = years.get(plot.item[3:6], (1945, 1995))
    born = date(rng.randrange(first, last), rng.randrange(1, 13), rng.randrange(1, 28))
    return person_of(rng, name=plot.who, born=born, household=plot.village)


def _rate(number: str, person: Person, moment: Moment, rng: random.Random) -> None:
    """What the resident says of one or two contacts, logged in or by the follow code."""
    file_id = Case.objects.values_list("pk", flat=True).get(number=number)
    met = list(Event.objects.filter(
        subject_type="case", subject_id=file_id, verb__in=CONTACTS, post_id__isnull=False
    ).order_by("seq").values_list("seq", flat=True))
    for contact in {met[0], met[-1]} if len(met) > 3 else met[-1:]:
        level = rng.choices((5, 4, 3, 2, 1), (52, 28, 11, 6, 3))[0]
        try:
            at = moment.after(rng.randint(0, 1))
        except Later:
            return
        by_code = rng.random() < 0.4
        rate(number, contact=contact, level=level, words=rng.choice(_WORDS[level]), now=at,
             actor=None if by_code else resident(person), channel="wechat" if by_code else "web",
             last_four=vault.decrypt(person.phone_cipher)[-4:] if by_code else "")
