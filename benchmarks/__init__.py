"""What the client costs, beside what others cost: `make bench`. RESULTS.md is what it wrote last.

Every number is a ratio: CPU time to that of the floor, which is what a program by hand does with httpx and json (see
method.py for how, columns.py for what, variants/ for whom). Absolute times mean nothing on machines that drift.
"""
