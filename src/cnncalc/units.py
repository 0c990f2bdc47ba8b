"""Numbers as people write them. Only reports round; nothing here is computed with."""

from __future__ import annotations

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
