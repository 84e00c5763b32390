"""Format minor units as money for people, without a float."""

_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"


def money(minor_units: int, currency: str = "USD") -> str:
    """Format an amount of minor units: 274999 is $2,749.99, or 2,749.99 EUR, or 274,999 JPY."""
    decimals = 0 if currency in _WHOLE.split() else 3 if currency in _THOUSANDTHS.split() else 2
    whole, part = divmod(abs(minor_units), 10**decimals)
    amount = f"{whole:,}.{part:0{decimals}}" if decimals else f"{whole:,}"
    sign = "-" if minor_units < 0 else ""
    return f"{sign}${amount}" if currency == "USD" else f"{sign}{amount} {currency}"
