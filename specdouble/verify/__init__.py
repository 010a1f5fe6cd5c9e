"""The verifier: tries to break the rules of a contract on any server, over HTTP alone."""

from specdouble.verify.problem import Broken, CouldNotRun, NotExercised, WrongUse
from specdouble.verify.project import rule
from specdouble.verify.settings import Account, Login, Settings, load
from specdouble.verify.trial import Document, Trial
from specdouble.verify.verdict import Failure, Row, Verdict
from specdouble.verify.verification import Show, verify

__all__ = [
    "Account",
    "Broken",
    "CouldNotRun",
    "Document",
    "Failure",
    "Login",
    "NotExercised",
    "Row",
    "Settings",
    "Show",
    "Trial",
    "Verdict",
    "WrongUse",
    "load",
    "rule",
    "verify",
]
