import itertools

from benchmarks.method import Sampler, Spread, compare, rotated
from benchmarks.report import row, table


def sampler(*costs: float, name: str = "", log: list[str] | None = None) -> Sampler:
    """Costs one after another, the last one for ever."""
    left = list(costs)

    def sample() -> float:
        if log is not None:
            log.append(name)
        return left.pop(0) if len(left) > 1 else left[0]

    return sample


def test_a_sample_is_divided_by_the_mean_of_the_floor_before_and_after_it() -> None:
    found = compare(sampler(1.0, 3.0, 5.0), {"first": sampler(4.0), "second": sampler(4.0)}, rounds=1)

    assert found == {"first": Spread(2.0, 2.0, 2.0), "second": Spread(1.0, 1.0, 1.0)}


def test_a_machine_that_slows_down_steadily_changes_no_ratio() -> None:
    seconds = itertools.count(1)

    found = compare(lambda: next(seconds), {"twice": lambda: 2 * next(seconds)}, rounds=3)

    assert found == {"twice": Spread(2.0, 2.0, 2.0)}


def test_of_the_samples_the_least_the_median_and_the_most_are_kept() -> None:
    found = compare(sampler(2.0), {"unsteady": sampler(6.0, 2.0, 4.0, 10.0)}, rounds=4)

    assert found == {"unsteady": Spread(1.0, 2.5, 5.0)}


def test_the_floor_is_sampled_between_any_two_and_the_order_changes_with_each_round() -> None:
    log: list[str] = []
    variants = {name: sampler(1.0, name=name, log=log) for name in "ab"}

    compare(sampler(1.0, name="-", log=log), variants, rounds=3)

    assert "".join(log) == "-a-b-" + "-b-a-" + "-b-a-"


def test_in_so_many_rounds_each_variant_has_each_place() -> None:
    orders = [rotated("abc", number) for number in range(6)]

    for place in range(3):
        assert sorted(order[place] for order in orders) == list("aabbcc")


def test_a_table_stands_straight_in_plain_text_and_shows_what_was_not_measured() -> None:
    results = {"decode": Spread(1.2, 1.25, 1.5)}

    text = table([["", "decode", "list"], row("ours", results, ["decode", "list"])])

    assert text.splitlines() == [
        "|      | decode              | list |",
        "| ---- | ------------------- | ---- |",
        "| ours | 1.25 (1.20 to 1.50) | -    |",
    ]
