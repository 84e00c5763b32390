"""The page at /_sandbox, which shows what arrived as it arrives. It is imported when it is first asked for."""
