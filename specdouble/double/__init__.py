"""The double: a stateful mock server that keeps its contract, rules included.

Handlers need few names: `collection` (`async_collection` in those that are `async`) and, for `find_one_and_update`,
`AFTER`; `Problem`; `new_id`, `new_token`.
"""

from specdouble.double.state.exchange import async_collection, collection, new_id, new_token
from specdouble.double.state.problem import Problem

AFTER = True

__all__ = ["AFTER", "Problem", "async_collection", "collection", "new_id", "new_token"]
