"""The limits of the law, line by line; every day is written with its weekday, and checked.

The days off and the make-up days are the decreed ones of 2025 and 2026: 元旦 2026-01-01 to 03
(Sunday 04 worked), 春节 2026-02-15 to 23 (Saturdays 14 and 28 worked), 国庆 2025-10-01 to 08
(Sunday 09-28 and Saturday 10-11 worked), 端午 2026-06-19, and so on: see calendars.py.
"""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from tests.unit.calendars import at, decreed, on
from weimin.flow.due import Due, Pause, days_left, due, first_day, light, never_later, warn_day
from weimin.flow.profiles import PAUSE_TITLES, PROFILES
from weimin.flow.terms import Term
from weimin.worktime.calendar import Calendar, Season

CALENDAR = decreed(2025, 2026)
PERMIT = PROFILES["permit"]


def pause(written: str) -> Pause:
    """``2026-07-10 周五 → 2026-07-17 周五``; nothing after the arrow while it still stands."""
    began, ended = (part.strip() for part in written.split("→"))
    return Pause(on(began), on(ended) if ended else None)


def ends(start: str, term: str, *pauses: str, extension: str = "", calendar: Calendar = CALENDAR
         ) -> Due:
    """The end of a term as a pack writes it."""
    return due(
        start=on(start), term=Term.parse(term), calendar=calendar,
        pauses=[pause(each) for each in pauses],
        extension=Term.parse(extension) if extension else None,
    )


def test_a_table_with_a_wrong_weekday_is_refused():
    with pytest.raises(AssertionError, match="2026-06-10 is 周三"):
        on("2026-06-10 周四")


# -- 行政许可法 ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "last"),
    [
        ("2026-06-10 周三", "2026-06-17 周三"),  # an ordinary week
        ("2026-06-13 周六", "2026-06-22 周一"),  # received on a weekend, 端午 on the way
        ("2026-06-15 周一", "2026-06-23 周二"),  # 端午 on Friday 19
        ("2025-12-29 周一", "2026-01-06 周二"),  # 元旦, and Sunday 04 is worked
        ("2026-02-12 周四", "2026-02-26 周四"),  # over 春节; Saturday 14 is worked
        ("2026-02-20 周五", "2026-02-28 周六"),  # received in 春节; ends on a make-up Saturday
        ("2025-09-26 周五", "2025-10-10 周五"),  # over 国庆; Sunday 28 is worked
        ("2025-09-28 周日", "2025-10-11 周六"),  # received on a make-up Sunday: it does not count
    ],
)
def test_what_is_missing_is_told_within_five_working_days_of_receipt_art_32(received, last):
    assert ends(received, str(PERMIT.notice)).day == on(last)


@pytest.mark.parametrize(
    ("accepted", "decided", "extended"),
    [
        ("2026-07-01 周三", "2026-07-29 周三", "2026-08-12 周三"),  # nothing on the way
        ("2026-04-20 周一", "2026-05-20 周三", "2026-06-03 周三"),  # 劳动节, 05-09 worked
        ("2025-09-15 周一", "2025-10-17 周五", "2025-10-31 周五"),  # 国庆, two make-up days
        ("2026-02-09 周一", "2026-03-13 周五", "2026-03-27 周五"),  # 春节, two make-up days
        ("2025-12-22 周一", "2026-01-20 周二", "2026-02-03 周二"),  # over the year's end
    ],
)
def test_one_office_decides_within_twenty_working_days_and_ten_more_art_42(
    accepted, decided, extended
):
    term, more = str(PERMIT.decision), str(PERMIT.extension)
    assert ends(accepted, term).day == on(decided)
    assert ends(accepted, term, extension=more).day == on(extended)


@pytest.mark.parametrize(
    ("accepted", "decided", "extended"),
    [
        ("2026-07-01 周三", "2026-09-02 周三", "2026-09-22 周二"),  # Sunday 09-20 is worked
        ("2026-04-20 周一", "2026-06-25 周四", "2026-07-16 周四"),  # 劳动节 and 端午
        ("2025-09-15 周一", "2025-11-21 周五", "2025-12-12 周五"),  # 国庆
        ("2026-02-09 周一", "2026-04-20 周一", "2026-05-13 周三"),  # 春节, 清明, 劳动节
        ("2025-12-22 周一", "2026-03-02 周一", "2026-03-23 周一"),  # 元旦 and 春节
    ],
)
def test_joint_handling_takes_45_working_days_and_15_more_art_42_and_82(
    accepted, decided, extended
):
    """Art. 42(2) says 日; art. 82 says that days of this law are working days."""
    term, more = str(PERMIT.joint_decision), str(PERMIT.joint_extension)
    assert ends(accepted, term).day == on(decided)
    assert ends(accepted, term, extension=more).day == on(extended)


@pytest.mark.parametrize(
    ("decided", "delivered"),
    [
        ("2026-07-01 周三", "2026-07-15 周三"),
        ("2026-04-20 周一", "2026-05-07 周四"),  # 劳动节
        ("2025-09-15 周一", "2025-09-28 周日"),  # ends on a make-up Sunday
        ("2026-02-09 周一", "2026-02-28 周六"),  # ends on a make-up Saturday
        ("2025-12-22 周一", "2026-01-06 周二"),
    ],
)
def test_the_permit_is_delivered_within_ten_working_days_of_the_decision_art_44(
    decided, delivered
):
    assert ends(decided, str(PERMIT.delivery)).day == on(delivered)


def test_every_limit_of_the_permit_law_is_in_working_days_art_82():
    limits = (PERMIT.notice, PERMIT.decision, PERMIT.extension, PERMIT.joint_decision,
              PERMIT.joint_extension, PERMIT.delivery)
    assert [str(limit) for limit in limits] == ["5wd", "20wd", "10wd", "45wd", "15wd", "10wd"]


def test_the_office_extends_its_own_term_and_the_government_the_joint_one_art_42():
    assert PERMIT.extension_by == "office_head"
    assert PERMIT.joint_extension_by == "government_head"


def test_only_for_permits_silence_accepts_and_renews_art_32_and_50():
    assert [key for key, profile in PROFILES.items() if profile.silence_accepts] == ["permit"]
    assert [key for key, profile in PROFILES.items() if profile.silence_renews] == ["permit"]


def test_only_a_permit_must_be_accepted_with_the_full_supplement_art_32():
    terms = {key: str(profile.supplement_accepts) for key, profile in PROFILES.items()}
    assert [key for key, term in terms.items() if term != "None"] == ["permit"]
    assert terms["permit"] == "1wd"


@pytest.mark.parametrize(
    ("received", "silent", "complete", "accepted", "begins"),
    [
        ("2026-06-10 周三", False, None, "2026-06-12 周五", "2026-06-12 周五"),  # complete at once
        ("2026-06-10 周三", False, "2026-06-15 周一", "2026-06-15 周一", "2026-06-15 周一"),
        ("2026-06-10 周三", False, "2026-06-15 周一", "2026-06-24 周三", "2026-06-15 周一"),  # late
        ("2026-06-10 周三", False, "2026-06-20 周六", "2026-06-22 周一", "2026-06-20 周六"),  # 端午
        ("2026-06-10 周三", True, None, "2026-06-18 周四", "2026-06-10 周三"),  # no notice in time
        ("2026-06-10 周三", True, "2026-06-22 周一", "2026-06-24 周三", "2026-06-10 周三"),
    ],
)
def test_a_permits_days_count_from_when_it_had_to_be_accepted_art_32(
    received, silent, complete, accepted, begins
):
    assert PERMIT.counts_from(
        accepted=on(accepted), received=on(received), silent=silent,
        supplemented=complete and on(complete),
    ) == on(begins)


# -- 行政许可法 art. 45: what does not count -----------------------------------------------------

_VISITED = "2026-07-10 周五 → 2026-07-17 周五"  # five working days: 13 to 17 July


_REASONS = [
    ("hearing", "2026-08-05 周三"),
    ("tender", "2026-08-05 周三"),
    ("auction", "2026-08-05 周三"),
    ("inspection", "2026-08-05 周三"),
    ("testing", "2026-08-05 周三"),
    ("quarantine", "2026-08-05 周三"),
    ("appraisal", "2026-08-05 周三"),
    ("expert_review", "2026-08-05 周三"),
    # not named by the article: these days count, and the office had better hurry
    ("site_visit", "2026-07-29 周三"),
    ("public_notice", "2026-07-29 周三"),
    ("external", "2026-07-29 周三"),
    ("supplement", "2026-07-29 周三"),
    ("force_majeure", "2026-07-29 周三"),
]


@pytest.mark.parametrize(("reason", "last"), _REASONS)
def test_days_that_the_article_names_do_not_count_and_others_do_art_45(reason, last):
    spans = [_VISITED] if reason in PERMIT.uncounted else []
    assert ends("2026-07-01 周三", "20wd", *spans).day == on(last)


def test_the_table_above_leaves_no_reason_out():
    assert {reason for reason, _ in _REASONS} == set(PAUSE_TITLES)


@pytest.mark.parametrize(
    ("pauses", "last"),
    [
        (["2026-07-10 周五 → 2026-07-17 周五"], "2026-08-05 周三"),  # 13 to 17: five
        (["2026-07-10 周五 → 2026-07-10 周五"], "2026-07-29 周三"),  # over on the same day
        (["2026-07-10 周五 → 2026-07-12 周日"], "2026-07-29 周三"),  # a weekend only
        (["2026-07-04 周六 → 2026-07-06 周一"], "2026-07-30 周四"),  # Monday is left out
        (["2026-06-25 周四 → 2026-07-03 周五"], "2026-07-31 周五"),  # began before the term
        (["2026-07-28 周二 → 2026-08-04 周二"], "2026-08-05 周三"),  # on the last day but one
        (["2026-07-29 周三 → 2026-08-05 周三"], "2026-07-29 周三"),  # on the last day: too late
        (["2026-09-30 周三 → 2026-10-08 周四"], "2026-07-29 周三"),  # long after
        # 13 to 22 July: overlapping days count once
        (["2026-07-10 周五 → 2026-07-17 周五", "2026-07-15 周三 → 2026-07-22 周三"],
         "2026-08-10 周一"),
        (["2026-07-15 周三 → 2026-07-22 周三", "2026-07-10 周五 → 2026-07-17 周五"],
         "2026-08-10 周一"),
        # one within the other
        (["2026-07-10 周五 → 2026-07-17 周五", "2026-07-14 周二 → 2026-07-15 周三"],
         "2026-08-05 周三"),
        # the second pause falls into the days that the first one won
        (["2026-07-10 周五 → 2026-07-17 周五", "2026-07-30 周四 → 2026-08-05 周三"],
         "2026-08-11 周二"),
    ],
)
def test_the_days_after_a_pause_began_up_to_the_day_it_ended_are_left_out(pauses, last):
    assert ends("2026-07-01 周三", "20wd", *pauses).day == on(last)


def test_a_pause_over_a_holiday_leaves_out_only_its_working_days():
    """28, 29, 30 September, 8 and 9 October: five days, the holiday would not have counted."""
    assert ends("2026-09-15 周二", "20wd").day == on("2026-10-19 周一")
    paused = ends("2026-09-15 周二", "20wd", "2026-09-24 周四 → 2026-10-09 周五")
    assert paused.day == on("2026-10-26 周一")


def test_a_pause_and_an_extension_add_up():
    paused = ends("2026-07-01 周三", "20wd", _VISITED, extension="10wd")
    assert paused.day == on("2026-08-19 周三")


def test_while_the_clock_stands_still_there_is_no_due_day():
    assert ends("2026-07-01 周三", "20wd", "2026-07-28 周二 →") == Due(day=None, at=None)


def test_a_pause_that_begins_on_the_last_day_comes_too_late():
    assert ends("2026-07-01 周三", "20wd", "2026-07-29 周三 →").day == on("2026-07-29 周三")


# -- 民法典 201–203: calendar days, months, years ------------------------------------------------


@pytest.mark.parametrize(
    ("start", "term", "last"),
    [
        ("2026-06-03 周三", "7d", "2026-06-10 周三"),  # the first day does not count
        ("2026-06-06 周六", "7d", "2026-06-15 周一"),  # ends on a Saturday: Monday
        ("2026-06-07 周日", "7d", "2026-06-15 周一"),  # ends on a Sunday: Monday
        ("2026-06-12 周五", "7d", "2026-06-22 周一"),  # ends on 端午, and a weekend follows
        ("2025-09-24 周三", "7d", "2025-10-09 周四"),  # ends on National Day
        ("2026-09-24 周四", "7d", "2026-10-08 周四"),  # ends on National Day of a shorter week off
        ("2026-05-02 周六", "7d", "2026-05-09 周六"),  # ends on a make-up Saturday: a working day
        ("2025-09-21 周日", "7d", "2025-09-28 周日"),  # ends on a make-up Sunday
        ("2026-02-07 周六", "7d", "2026-02-14 周六"),  # the make-up Saturday before 春节
        ("2026-02-08 周日", "7d", "2026-02-24 周二"),  # ends on the first day of 春节
        ("2026-02-09 周一", "7d", "2026-02-24 周二"),  # ends on New Year's Eve, 除夕
        ("2026-02-16 周一", "7d", "2026-02-24 周二"),  # starts on a day off; ends on its last one
        ("2025-12-25 周四", "7d", "2026-01-04 周日"),  # ends on 元旦; Sunday 04 is worked
    ],
)
def test_the_first_day_does_not_count_and_a_last_day_off_moves_on_201_203(start, term, last):
    assert ends(start, term).day == on(last)


@pytest.mark.parametrize(
    ("start", "term", "last"),
    [
        ("2025-01-31 周五", "1m", "2025-02-28 周五"),  # no 31 February: the month's last day
        ("2026-01-31 周六", "1m", "2026-02-28 周六"),  # which in 2026 is a make-up Saturday
        ("2026-01-30 周五", "1m", "2026-02-28 周六"),
        ("2025-12-31 周三", "2m", "2026-02-28 周六"),  # over the year's end
        ("2026-08-31 周一", "1m", "2026-09-30 周三"),
        ("2026-06-15 周一", "3m", "2026-09-15 周二"),
        ("2026-03-01 周日", "2m", "2026-05-06 周三"),  # ends on 劳动节
        ("2026-02-28 周六", "1m", "2026-03-30 周一"),  # the 28th is a Saturday; not the month's end
        ("2025-10-10 周五", "1y", "2026-10-10 周六"),  # a make-up Saturday
        ("2025-05-01 周四", "1y", "2026-05-06 周三"),
        ("2025-02-28 周五", "12m", "2026-02-28 周六"),
    ],
)
def test_months_and_years_end_on_the_day_of_the_same_number_202(start, term, last):
    assert ends(start, term).day == on(last)


def test_the_leap_day_has_its_year_on_the_28th_of_february_202():
    found = ends("2028-02-29 周二", "1y")
    assert (found.day, found.foreseen) == (on("2029-02-28 周三"), True)


@pytest.mark.parametrize(
    ("start", "term", "pauses", "last"),
    [
        # 3, 4 and 5 June are left out: three days, the weekend counts
        ("2026-06-01 周一", "7d", ["2026-06-02 周二 → 2026-06-05 周五"], "2026-06-11 周四"),
        # a pause over a weekend leaves it out: calendar days are days
        ("2026-06-01 周一", "7d", ["2026-06-05 周五 → 2026-06-07 周日"], "2026-06-10 周三"),
        # pushed to a Saturday, so Monday
        ("2026-06-01 周一", "7d", ["2026-06-02 周二 → 2026-06-07 周日"], "2026-06-15 周一"),
        # a month that stood still for ten days
        ("2026-06-15 周一", "1m", ["2026-06-20 周六 → 2026-06-30 周二"], "2026-07-27 周一"),
    ],
)
def test_pauses_in_a_term_of_calendar_days_leave_out_calendar_days(start, term, pauses, last):
    assert ends(start, term, *pauses).day == on(last)


def test_a_pause_begun_on_a_day_off_that_was_the_last_does_not_stop_the_move_to_monday():
    """The seven days were over on Saturday; 203 moves their end, it gives no further days.

    Open to doubt: one can also read that Monday *is* the last day and the clock stood on it.
    """
    found = ends("2026-06-06 周六", "7d", "2026-06-13 周六 →")
    assert found.day == on("2026-06-15 周一")


# -- working days at the edges -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "term", "last"),
    [
        ("2026-06-10 周三", "0wd", "2026-06-10 周三"),  # 当日
        ("2026-02-28 周六", "0wd", "2026-02-28 周六"),  # a make-up Saturday
        ("2026-06-13 周六", "0wd", "2026-06-13 周六"),  # same day, though nobody works: in doubt
        ("2026-06-13 周六", "0d", "2026-06-15 周一"),  # in calendar days 203 moves it on
        ("2026-06-13 周六", "1wd", "2026-06-15 周一"),  # starts on a Saturday
        ("2026-06-14 周日", "1wd", "2026-06-15 周一"),  # starts on a Sunday
        ("2026-06-12 周五", "1wd", "2026-06-15 周一"),  # the weekend does not count
        ("2026-02-14 周六", "1wd", "2026-02-24 周二"),  # starts on the make-up Saturday
        ("2026-02-17 周二", "1wd", "2026-02-24 周二"),  # starts on 正月初一
        ("2026-02-13 周五", "1wd", "2026-02-14 周六"),  # a make-up Saturday counts
        ("2025-10-03 周五", "3wd", "2025-10-11 周六"),  # starts in 国庆: 9, 10 and Saturday 11
    ],
)
def test_working_days_from_any_day(start, term, last):
    assert ends(start, term).day == on(last)


_SUMMER = replace(
    CALENDAR,
    seasons=(
        Season(month=5, day=1, opens=time(8), closes=time(17, 30)),
        Season(month=10, day=1, opens=time(8), closes=time(17)),
    ),
)


@pytest.mark.parametrize(
    ("start", "over"),
    [
        ("2026-04-29 周三", "2026-04-30 周四 17:00"),  # the last day of winter hours
        ("2026-04-30 周四", "2026-05-06 周三 17:30"),
        ("2026-09-29 周二", "2026-09-30 周三 17:30"),  # the last day of summer hours
        ("2026-09-30 周三", "2026-10-08 周四 17:00"),
        ("2026-01-04 周日", "2026-01-05 周一 17:00"),  # winter hours go on over the year's end
    ],
)
def test_a_term_ends_when_the_offices_of_the_season_close_203(start, over):
    assert ends(start, "1wd", calendar=_SUMMER).at == at(over)


@pytest.mark.parametrize(
    ("start", "last", "foreseen"),
    [
        ("2025-12-23 周二", "2025-12-30 周二", True),  # the next decree may reach into the last week
        ("2025-12-24 周三", "2025-12-31 周三", True),  # the next decree may reach into the last week
        ("2025-12-25 周四", "2026-01-01 周四", True),  # nobody has decreed 元旦 yet
        ("2025-12-30 周二", "2026-01-06 周二", True),
    ],
)
def test_a_due_day_past_the_last_decreed_year_is_only_foreseen(start, last, foreseen):
    found = ends(start, "5wd", calendar=decreed(2025))
    assert (found.day, found.foreseen) == (on(last), foreseen)


@pytest.mark.parametrize(
    ("start", "printed", "recomputed", "kept"),
    [
        # 元旦 moves it later: what was printed stays
        ("2025-12-30 周二", "2026-01-06 周二", "2026-01-07 周三", "2026-01-06 周二"),
        # a make-up Saturday moves it earlier: the resident gains
        ("2026-05-08 周五", "2026-05-15 周五", "2026-05-14 周四", "2026-05-14 周四"),
    ],
)
def test_a_decree_never_moves_a_printed_promise_later(start, printed, recomputed, kept):
    before, after = ends(start, "5wd", calendar=decreed(2025)), ends(start, "5wd")
    assert (before.day, after.day) == (on(printed), on(recomputed))
    assert never_later(before.day, after.day) == on(kept)


# -- green, yellow, red, and the days that are left ----------------------------------------------

_START, _FIFTEEN = "2026-07-03 周五", "15wd"  # due on 2026-07-24 周五 at 17:00


def _light(now: str, limit: Due | None = None) -> str:
    found = limit or ends(_START, _FIFTEEN)
    return light(at(now), due_at=found.at, warn_on=found.warn)


@pytest.mark.parametrize(
    ("now", "colour"),
    [
        ("2026-07-03 周五 09:00", "green"),
        ("2026-07-16 周四 23:59", "green"),  # nine of fifteen used
        ("2026-07-17 周五 00:00", "yellow"),  # ten of fifteen: two thirds
        ("2026-07-19 周日 12:00", "yellow"),  # the weekend uses up nothing
        ("2026-07-24 周五 17:00", "yellow"),  # the very moment is still in time
        ("2026-07-24 周五 17:01", "red"),
        ("2026-07-25 周六 08:00", "red"),
    ],
)
def test_yellow_from_two_thirds_of_the_term_red_after_its_last_moment(now, colour):
    assert _light(now) == colour


def test_another_share_warns_on_another_day():
    day = ends(_START, _FIFTEEN).day
    assert warn_day(on(_START), day, CALENDAR, share=0.8) == on("2026-07-21 周二")  # twelve


def test_days_that_do_not_count_are_no_part_of_the_share():
    """Ten of fifteen days again, four of which were a hearing's: the warning moves with the end."""
    limit = ends(_START, _FIFTEEN, "2026-07-10 周五 → 2026-07-16 周四")
    assert (limit.day, limit.warn) == (on("2026-07-30 周四"), on("2026-07-23 周四"))


@pytest.mark.parametrize(
    ("now", "colour"),
    [("2026-06-10 周三 16:59", "green"), ("2026-06-10 周三 17:01", "red")],
)
def test_a_matter_of_the_same_day_has_no_yellow(now, colour):
    assert _light(now, ends("2026-06-10 周三", "0wd")) == colour


@pytest.mark.parametrize(
    ("came", "last"),
    [
        ("2026-06-10 周三 08:00", "2026-06-10 周三 17:00"),  # before the doors open
        ("2026-06-10 周三 17:00", "2026-06-10 周三 17:00"),  # the very moment
        ("2026-06-10 周三 21:48", "2026-06-11 周四 17:00"),  # online, in the evening
        ("2026-06-12 周五 17:01", "2026-06-15 周一 17:00"),  # a weekend follows
        ("2026-06-13 周六 10:00", "2026-06-15 周一 17:00"),  # nobody is there
        ("2026-02-13 周五 20:00", "2026-02-14 周六 17:00"),  # a make-up Saturday follows
        ("2026-09-30 周三 18:00", "2026-10-08 周四 17:00"),  # 国庆 follows
    ],
)
def test_a_matter_of_the_same_day_that_comes_after_hours_is_of_the_next_working_day_art_203(
    came, last
):
    term = Term.parse("0wd")
    found = due(start=first_day(at(came), term, CALENDAR), term=term, calendar=CALENDAR)
    assert found.at == at(last)
    assert light(at(came), due_at=found.at, warn_on=found.warn) == "green"


@pytest.mark.parametrize("came", ["2026-06-10 周三 10:00", "2026-06-10 周三 21:48"])
@pytest.mark.parametrize(
    ("term", "last"),
    [("5wd", "2026-06-17 周三"), ("7d", "2026-06-17 周三"), ("1m", "2026-07-10 周五")],
)
def test_an_evening_changes_no_other_term_its_first_day_does_not_count_art_201(came, term, last):
    start = first_day(at(came), Term.parse(term), CALENDAR)
    assert due(start=start, term=Term.parse(term), calendar=CALENDAR).day == on(last)


def test_a_clock_that_stands_still_is_green_and_has_no_days_left():
    limit, now = ends(_START, _FIFTEEN, "2026-07-10 周五 →"), at("2026-12-01 周二 12:00")
    assert light(now, due_at=limit.at, warn_on=limit.warn) == "green"
    assert days_left(now, limit, CALENDAR) is None


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("2026-07-17 周五 10:00", 5),
        ("2026-07-18 周六 10:00", 5),
        ("2026-07-23 周四 10:00", 1),
        ("2026-07-24 周五 17:00", 0),  # today, until the office closes
        ("2026-07-24 周五 17:01", -1),
        ("2026-07-26 周日 10:00", -1),
        ("2026-07-27 周一 10:00", -1),
        ("2026-07-28 周二 10:00", -2),
    ],
)
def test_days_left_are_working_days_after_today_and_negative_when_late(now, left):
    assert days_left(at(now), ends(_START, _FIFTEEN), CALENDAR) == left


def test_days_left_skip_the_holiday():
    limit = ends("2026-02-09 周一", "10wd")  # due on 2026-02-28 周六
    assert days_left(at("2026-02-13 周五 10:00"), limit, CALENDAR) == 6  # 14, 24 to 28


def test_the_day_is_that_of_shanghai_whatever_zone_the_moment_is_told_in():
    """Half past four in the afternoon in UTC is already tomorrow in Shanghai."""
    now = datetime(2026, 7, 23, 16, 30, tzinfo=UTC)
    assert days_left(now, ends(_START, _FIFTEEN), CALENDAR) == 0


# -- the calendar itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-06-10 周三 08:59", False),
        ("2026-06-10 周三 09:00", True),
        ("2026-06-10 周三 17:00", False),
        ("2026-06-13 周六 10:00", False),
        ("2026-02-28 周六 10:00", True),  # a make-up Saturday
        ("2026-02-17 周二 10:00", False),  # 正月初一
    ],
)
def test_offices_are_open_in_the_hours_of_a_working_day(moment, is_open):
    assert CALENDAR.is_open(at(moment)) is is_open
