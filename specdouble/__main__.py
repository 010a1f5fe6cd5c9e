"""`python -m specdouble` is the command."""

from specdouble.cli import main

main(prog_name="specdouble")
