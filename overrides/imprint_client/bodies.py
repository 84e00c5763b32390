"""Bodies: what the contract would refuse is found before anything is sent, all of it at once, each with its path.

The models know what the contract says of them. Added here is what it says only in prose: amounts are whole minor units,
so the likeliest mistake, an amount in major units, gets its likely fix.
"""

from typing import Any

from imprint_api.types import MAX_SAFE_INTEGER, described, faults_of

from .errors import Fault

_NO_INTEGER = ", not an int"


def member_faults(body: Any, model: type[Any], path: str = "") -> list[Fault]:
    """What is wrong with `body`, which should be a `model`: its members, and theirs."""
    return [_fault(*found) for found in faults_of(body, model, path)]


def _fault(path: str, problem: str, value: object) -> Fault:
    if problem.endswith(_NO_INTEGER):
        problem = f"{problem.removesuffix(_NO_INTEGER)}; {_integer_advice(value, path)}"
    return Fault(path, problem, stated(value))


def stated(value: object) -> object:
    """For a Fault. What is no scalar is described: it may be large, or such that the exception could not be pickled."""
    is_scalar = isinstance(value, str | int | float | None) or type(value).__module__ == "decimal"
    return value if is_scalar else described(value)


def _integer_advice(value: object, path: str) -> str:
    if path.endswith("quantity"):
        return "quantities are whole numbers"
    from decimal import Decimal  # noqa: PLC0415 - 3 ms that importing this package need not cost

    advice = "amounts are whole minor units"
    try:
        stated = Decimal(str(value))  # of its text: what a float shows is what its writer meant
        minor = stated.scaleb(2)
        if abs(minor) <= MAX_SAFE_INTEGER and minor == minor.to_integral_value():
            if stated and stated == stated.to_integral_value():  # minor units already, from a database or a table?
                return f"{advice}, as an int: {int(stated)}, or {int(minor)} if ${stated:,.2f} is meant"
            return f"{advice}: ${stated:,.2f} is {int(minor)}"
    except ArithmeticError:
        pass  # no number at all
    return f"{advice}, as an int"
