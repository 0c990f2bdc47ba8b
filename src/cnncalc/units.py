"""Numbers as people write them. Only reports round; nothing here is computed with."""

from __future__ import annotations

from cnncalc.errors import CnncalcError
from cnncalc.tensors import Shape


def shape_text(shape: Shape) -> str:
    """
    >>> shape_text((100, 150, 100))
    '100 x 150 x 100'
    >>> shape_text(())
    'a single value'
    """
    return " x ".join(map(str, shape)) or "a single value"


def bytes_text(size: int) -> str:
    """Bytes in binary units (MiB = 2^20 bytes).

    >>> bytes_text(12_613_600), bytes_text(512)
    ('12.0 MiB', '512 B')
    """
    if size < 1024:
        return f"{size} B"
    power = min((size.bit_length() - 1) // 10, 4)
    return f"{size / 1024**power:,.1f} {('KiB', 'MiB', 'GiB', 'TiB')[power - 1]}"


def count_text(count: int) -> str:
    """A count with its SI prefix.

    >>> count_text(1_399_500_000), count_text(40_500_000), count_text(720)
    ('1.40 G', '40.5 M', '720')
    """
    if count < 1000:
        return str(count)
    power = min((len(str(count)) - 1) // 3, 5)
    value, prefix = count / 1000**power, " kMGTP"[power]
    return f"{value:.{2 if value < 10 else 1}f} {prefix}"


def rate_text(rate: float, unit: str) -> str:
    """How much of a unit a second, with its SI prefix: up to five digits, so that stated ones stay whole.

    >>> rate_text(247.35e12, " MACs"), rate_text(4.8e12, "B"), rate_text(32, "B")
    ('247.35 T MACs a second', '4.8 TB a second', '32 B a second')
    """
    power = max((power for power in range(1, 6) if rate >= 1000**power), default=0)
    prefix = " kMGTP"[power].strip()
    return f"{rate / 1000**power:.5g} {f'{prefix}{unit}'.strip()} a second"


def seconds_text(seconds: float) -> str:
    """A time in the unit that a person would use, with three digits.

    >>> seconds_text(0.0000214), seconds_text(0.00144841), seconds_text(12.5)
    ('21.4 µs', '1.45 ms', '12.5 s')
    """
    units = ((1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
    scale, unit = next((item for item in units if seconds >= item[0]), units[-1])
    value = seconds / scale
    return f"{value:,.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"


def percent_text(share: float) -> str:
    """A share in percent, with two digits.

    >>> percent_text(0.2106), percent_text(0.035), percent_text(0.00038), percent_text(1.25)
    ('21 %', '3.5 %', '0.038 %', '125 %')
    """
    from math import floor, log10

    value = 100 * share
    return f"{value:.{max(1 - floor(log10(value)), 0)}f} %"


def byte_count(text: str) -> int:
    """The bytes that a text such as ``8GiB``, ``512 KiB`` or ``4GB`` stands for; a number alone is bytes.

    >>> byte_count("8GiB"), byte_count("512 KiB"), byte_count("4GB"), byte_count("1.5MiB"), byte_count("100")
    (8589934592, 524288, 4000000000, 1572864, 100)

    Raises CnncalcError for anything else.
    """
    wanted = "a size is a number with a unit, such as 8GiB, 512KiB or 4GB"
    return _scaled(text, _BYTE_UNITS, wanted)


def plain_count(text: str) -> int:
    """The number that a text such as ``25M`` or ``4.1G`` stands for.

    >>> plain_count("25M"), plain_count("4.1G"), plain_count("903400")
    (25000000, 4100000000, 903400)

    Raises CnncalcError for anything else.
    """
    return _scaled(text, _PREFIXES, "a number is written in digits, or as 25M or 4.1G")


_PREFIXES = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_BYTE_UNITS = {
    "": 1,
    "b": 1,
    **{f"{prefix}ib": 1024**power for power, prefix in enumerate("kmgt", 1)},
    **{f"{prefix}b": 1000**power for power, prefix in enumerate("kmgt", 1)},
}


def _scaled(text: str, units: dict[str, int], wanted: str) -> int:
    """A decimal number times its unit, exactly; in whatever case the unit is."""
    from fractions import Fraction

    stripped = text.strip()
    number = stripped.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    unit = stripped[len(number) :].strip().lower()
    digits = number.replace(".", "", 1)
    if len(number) > 30 or not (digits.isascii() and digits.isdigit()) or unit not in units:
        raise CnncalcError(f'{wanted}; found "{text[:60]}".')
    return round(Fraction(number) * units[unit])
