"""The number of a case: whatever a finger or an ear does to one place of it is noticed."""

import random

import pytest

from weimin.kernel.codes import CASE_NUMBER_LENGTH, case_number, is_case_number

SERIALS = 10**8


def _neighbours() -> list[str]:
    """Numbers in which any three digits stand beside each other, at every place of the serial."""
    return [case_number(2026, serial) for place in range(6) for digits in range(1000)
            if (serial := digits * 10**place)]


def test_a_number_has_the_year_a_serial_and_one_digit_more() -> None:
    number = case_number(2026, 12)
    assert (number[:10], len(number)) == ("2600000012", CASE_NUMBER_LENGTH)
    assert is_case_number(number)


def test_any_swap_of_neighbours_is_noticed() -> None:
    for number in _neighbours():
        for at in range(CASE_NUMBER_LENGTH - 1):
            one, other = number[at], number[at + 1]
            swapped = number[:at] + other + one + number[at + 2:]
            assert is_case_number(swapped) == (one == other), (number, swapped)


def test_any_single_wrong_digit_is_noticed() -> None:
    rng = random.Random(11)
    for _ in range(2000):
        number = case_number(rng.randrange(2000, 2100), rng.randrange(1, SERIALS))
        for at in range(CASE_NUMBER_LENGTH):
            taken = [digit for digit in "0123456789"
                     if is_case_number(number[:at] + digit + number[at + 1:])]
            assert taken == [number[at]], number


def test_every_digit_may_be_the_last_one() -> None:
    assert {number[-1] for number in _neighbours()} == set("0123456789")


@pytest.mark.parametrize("serial", [0, -1, SERIALS])
def test_a_serial_of_another_length_has_no_number(serial: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        case_number(2026, serial)


@pytest.mark.parametrize("text", ["", "2600000012", "260000001200", "2600000012a", " 2600000012"])
def test_what_has_another_shape_is_no_number(text: str) -> None:
    assert not is_case_number(text)
