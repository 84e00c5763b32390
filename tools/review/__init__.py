"""What a change means to those who use the client: `make review BASE=<git ref>`.

base.py takes the tree at BASE out of git; wire.py compares the corrected contracts, and places.py says where in them a
change is; surface.py compares the packages; version.py says which version follows; report.py shows it all. __main__.py
runs them in that order.
"""
